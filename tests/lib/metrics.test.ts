import { expect, test } from 'bun:test'
import { createMetrics, type GaugeReadings } from '../../src/lib/metrics.ts'
import { samplesOf } from '../support/server/prometheus.ts'

const NOTHING: GaugeReadings = {
  connections: 0,
  users: 0,
  rooms: 0,
  writerQueue: 0,
  unsentBytes: 0,
  databaseBytes: 0,
  diskFreeBytes: 0,
  backupAgeSeconds: null,
}

test('[O16] counts add up by label, times fall into buckets, gauges are of the moment', async () => {
  const now = { ...NOTHING, connections: 2, backupAgeSeconds: 60 }
  const metrics = createMetrics({ version: '1.2.3' })
  metrics.count('events', 'message', 3)
  metrics.count('events', 'message')
  metrics.observe('commit', 0.003)
  metrics.observe('commit', -5)
  const samples = samplesOf(await metrics.text(now))
  expect(samples.get('hubbub_events_total{kind="message"}')).toBe(4)
  expect(samples.get('hubbub_commit_seconds_bucket{le="0.0005"}')).toBe(1)
  expect(samples.get('hubbub_commit_seconds_bucket{le="0.005"}')).toBe(2)
  expect(samples.get('hubbub_commit_seconds_sum')).toBe(0.003)
  expect(samples.get('hubbub_connections')).toBe(2)
  expect(samples.get('hubbub_backup_age_seconds')).toBe(60)
  expect(samples.get('hubbub_build_info{version="1.2.3"}')).toBe(1)
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)

  Object.assign(now, { connections: 1, backupAgeSeconds: null })
  const later = samplesOf(await metrics.text(now))
  expect([later.get('hubbub_connections'), later.has('hubbub_backup_age_seconds')]).toEqual([1, false])
})

test('[O16] two servers in one process do not share their counts', async () => {
  const [one, other] = [createMetrics({}), createMetrics({})]
  one.count('closed', '1001')
  expect(samplesOf(await other.text(NOTHING)).has('hubbub_closed_total{code="1001"}')).toBe(false)
})

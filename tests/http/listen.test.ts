import { expect, test } from 'bun:test'
import { urlOf, listenErrorText, probeUrlOf } from '../../src/http/listen.ts'

test.each([
  ['0.0.0.0', 'http://localhost:3000', 'http://127.0.0.1:3000'],
  ['::', 'http://localhost:3000', 'http://[::1]:3000'],
  ['127.0.0.1', 'http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ['fd00::7', 'http://[fd00::7]:3000', 'http://[fd00::7]:3000'],
])('[O35] a server on %s is shown as %s, and asked at %s', (host, shown, asked) => {
  expect([urlOf({ host, port: 3000 }), probeUrlOf({ host, port: 3000 })]).toEqual([shown, asked])
})

test.each([
  ['EADDRINUSE', 'Port 80 is taken'],
  ['EACCES', 'Port 80 needs rights'],
  ['EADDRNOTAVAIL', 'Cannot listen on 192.0.2.1, port 80 (EADDRNOTAVAIL)'],
])('[O33] a failure to listen (%s) is one sentence with what to do', (code, begins) => {
  const sentence = listenErrorText({ host: '192.0.2.1', port: 80 }, Object.assign(new Error('x'), { code }))
  expect(sentence).toStartWith(begins)
  expect(sentence).toMatch(/[Ss]et (HOST and )?PORT to/)
})

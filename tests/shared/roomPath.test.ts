import { expect, test } from 'bun:test'
import { parseRoomPath, roomPath, slugOf } from '../../src/shared/roomPath.ts'

test('[B7] a room is named in its address by a slug of letters, digits and single hyphens', () => {
  expect(['Kitchen', ' Café  Zoë! ', 'a__b--c', '李小龍', 'x'.repeat(50)].map(slugOf)).toEqual([
    'kitchen',
    'cafe-zoe',
    'a-b-c',
    '',
    'x'.repeat(40),
  ])
})

test.each([
  ['tea', 'Tea', '/chat/tea'],
  ['cafe-zoe', ' Café  Zoë! ', '/chat/cafe-zoe'],
  ['lobby', 'lobby', '/chat/lobby'],
  ['old-tea--2', 'old-tea--2', '/chat/old-tea--2'],
  ['w1ww2ecz', '日本語', '/chat/日本語~w1ww2ecz'],
  ['w1ww2ecz', 'लक्ष्मी की रसोई', '/chat/लक्ष्मी-की-रसोई~w1ww2ecz'],
  ['w1ww2ecz', 'می\u200cخواهم؟', '/chat/می\u200cخواهم~w1ww2ecz'],
  ['w1ww2ecz', '🎉', '/chat/🎉~w1ww2ecz'],
  ['w1ww2ecz', 'a/b?c#d%e~f', '/chat/a-b-c-d-e-f~w1ww2ecz'],
  ['odz', 'Łódź', '/chat/Łódź~odz'],
  ['tea', 'Kitchen', '/chat/Kitchen~tea'],
  ['w1ww2ecz', '$$', '/chat/w1ww2ecz'],
])('[U175] the address of %s, called %j, is %s', (room, name, path) => {
  expect(roomPath(room, name)).toBe(path)
  const { pathname } = new URL(roomPath(room, name, 17), 'http://chat.test')
  expect([path, pathname].map(parseRoomPath)).toEqual([{ room }, { room, seq: 17 }])
})

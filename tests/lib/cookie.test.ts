import { expect, test } from 'bun:test'
import { cookieValues, setCookie } from '../../src/lib/cookie.ts'

test.each([
  [null, []],
  ['', []],
  ['session=a', ['a']],
  [' theme=dark;session=a ;x=y', ['a']],
  ['session=a; session=b; session=a', ['a', 'b']],
  ['xsession=a; Session=b; session', []],
  ['session=a=b', ['a=b']],
  ['__proto__=x; constructor=y', []],
])('[S20] of %p the session cookies are %p', (header, values) => {
  expect(cookieValues(header, 'session')).toEqual(values)
})

test('[S10] a cookie named like a property of every object is no value of one', () => {
  expect(cookieValues('a=1', '__proto__')).toEqual([])
  expect(cookieValues('__proto__=1', '__proto__')).toEqual(['1'])
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})

test('[S20] a cookie is for this host alone, for no script, and Secure behind https', () => {
  expect(setCookie('session', 'x', 60, false)).toBe('session=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=60')
  expect(setCookie('session', 'x', 0, true)).toBe(
    'session=x; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure',
  )
})

import { describe, expect, test } from 'bun:test'
import { type NameResult, nameForm } from '../../../src/client/ui/nameForm.ts'
import { plain, settled } from '../../support/client/aRow.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('the form for a name', () => {
  function aForm(answer: NameResult = { result: 'ok' }) {
    const submitted: string[] = []
    let done = 0
    const { element, field } = nameForm(
      { label: 'Your name', button: 'Join lobby', initial: 'Ada' },
      {
        take(name) {
          submitted.push(name)
          return Promise.resolve(answer)
        },
        done: () => (done += 1),
      },
    )
    document.body.replaceChildren(element)
    const submit = async (name: string) => {
      field.value = name
      element.dispatchEvent(new Event('submit', { cancelable: true }))
      await settled()
    }
    const fault = () => plain(element.querySelector('.fault')?.textContent)
    return { element, field, submitted, submit, fault, done: () => done }
  }

  test('[U2] the field holds the name last used and offers nicknames', () => {
    const { field } = aForm()
    expect([field.value, field.getAttribute('autocomplete')]).toEqual(['Ada', 'nickname'])
  })

  test('[U280] says that it is being sent, until the answer', async () => {
    const { element, submit } = aForm()
    const answered = submit('Ann')
    expect(element.hasAttribute('data-busy')).toBe(true)
    await answered
    expect(element.hasAttribute('data-busy')).toBe(false)
  })

  test.each(['', '   '])('[U3] %j is refused without asking the server', async (name) => {
    const { submit, fault, submitted, field } = aForm()
    await submit(name)
    expect(fault()).not.toBe('')
    expect([field.value, submitted]).toEqual([name, []])
    expect(document.activeElement === field).toBe(true)
  })

  const unavailable = 'That name isn’t available.'
  test.each([
    ['Ann', { result: 'taken', suggestion: 'Ann2' }, 'Ann is already in use. Use Ann2'],
    ['admin', { result: 'invalid', message: unavailable, suggestion: 'Guest' }, `${unavailable} Use Guest`],
    ['root', { result: 'invalid', message: unavailable }, unavailable],
  ] as const)(
    '[U3] %s is refused by the server: the reason stands beside the text, and one press takes the suggestion',
    async (name, answer, text) => {
      const { element, field, submit, fault, submitted, done } = aForm(answer)
      await submit(` ${name} `)
      expect([fault(), field.value, done()]).toEqual([text, ` ${name} `, 0])
      expect(field.getAttribute('aria-invalid')).toBe('true')
      element.querySelector<HTMLElement>('.fault button')?.click()
      await settled()
      expect(submitted).toEqual('suggestion' in answer ? [name, answer.suggestion] : [name])
    },
  )
})

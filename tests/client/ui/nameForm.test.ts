import { describe, expect, test } from 'bun:test'
import { type NameResult, nameForm } from '../../../src/client/ui/nameForm.ts'
import { plain, settled } from '../../support/client/aRow.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('asking for a name', () => {
  function aForm(answer: NameResult) {
    const asked: string[] = []
    let done = 0
    const form = nameForm(
      { label: 'Your name', button: 'Join lobby', first: 'Ada' },
      {
        take(name) {
          asked.push(name)
          return Promise.resolve(answer)
        },
        done: () => (done += 1),
      },
    )
    document.body.replaceChildren(form.element)
    const submit = async (name: string) => {
      form.field.value = name
      form.element.dispatchEvent(new Event('submit', { cancelable: true }))
      await settled()
    }
    const fault = () => plain(form.element.querySelector('.fault')?.textContent)
    return { form, asked, submit, fault, done: () => done }
  }

  test('[U2] the name last used is in the field, which a phone knows as a nickname to go with', () => {
    const { form } = aForm({ result: 'ok' })
    expect(form.field.value).toBe('Ada')
    expect(form.field.getAttribute('autocomplete')).toBe('nickname')
    expect(form.field.getAttribute('enterkeyhint')).toBe('go')
  })

  test.each(['', '   ', 'a'.repeat(25), 'a\u202eb', '\u200b'])(
    '[U3] %j is refused in words without asking the server',
    async (name) => {
      const { submit, fault, asked, form } = aForm({ result: 'ok' })
      await submit(name)
      expect(fault()).not.toBe('')
      expect(form.field.value).toBe(name)
      expect(document.activeElement === form.field).toBe(true)
      expect(asked).toEqual([])
    },
  )

  test('[U3] a name that is taken is answered by one that is free, as a button that joins', async () => {
    const { submit, fault, asked, form } = aForm({ result: 'taken', suggestion: 'Ann2' })
    await submit(' Ann ')
    expect(fault()).toBe('Ann is already in use. Use Ann2')
    form.element.querySelector<HTMLElement>('.fault button')?.click()
    await settled()
    expect(asked).toEqual(['Ann', 'Ann2'])
  })

  test('[U3] a name that nobody may have is answered by another one, too', async () => {
    const { submit, fault, asked, form } = aForm({
      result: 'invalid',
      message: 'That name isn’t available.',
      suggestion: 'Visitor',
    })
    await submit('admin')
    expect(fault()).toBe('That name isn’t available. Use Visitor')
    form.element.querySelector<HTMLElement>('.fault button')?.click()
    await settled()
    expect(asked).toEqual(['admin', 'Visitor'])
  })

  test('[U3] what the server says in words stands beside the field, and the typed text stays', async () => {
    const { submit, fault, form, done } = aForm({ result: 'invalid', message: 'That name isn’t available.' })
    await submit('admin')
    expect(fault()).toBe('That name isn’t available.')
    expect(form.field.getAttribute('aria-invalid')).toBe('true')
    expect(form.field.value).toBe('admin')
    expect(done()).toBe(0)
  })
})

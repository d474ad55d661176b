import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mentionsIn, namePlaces } from '../../../src/hub/messages/mentionedNames.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import { foldedName } from '../../../src/shared/mentions.ts'
import { parseText } from '../../../src/shared/writing/writing.ts'

/** The mentions of a text in a room with these people, as they stand in it. */
function mentionsOf(text: string, ...people: string[]): string[] {
  const named = Map.groupBy(
    people.map((name) => ({ id: name, name })),
    ({ name }) => foldedName(name),
  )
  const mentions = mentionsIn(text, namePlaces(text), named)
  return mentions.map(({ user, at, length }) => `${user}: ${text.slice(at, at + length)}`)
}

const FOUND: readonly [text: string, name: string, mention: string][] = [
  ['@Ann', 'Ann', '@Ann'],
  ['hi @ann!', 'Ann', '@ann'],
  ['(@ANN), "@Bob"', 'Ann', '@ANN'],
  ["@Ann's turn", 'Ann', '@Ann'],
  ['@Ann’s turn', 'Ann', '@Ann'],
  ['@Ann, @Bob: look', 'Ann', '@Ann'],
  ['@Ann…', 'Ann', '@Ann'],
  ['see you @Ann.', 'Ann', '@Ann'],
  ['*@Ann* and _@Bob_', 'Ann', '@Ann'],
  ['_@Ann_', 'Ann', '@Ann'],
  ['@Ann/@Bob', 'Ann', '@Ann'],
  ['@Ann/@Bob', 'Bob', '@Bob'],
  ['@Ann—please', 'Ann', '@Ann'],
  ['@Ann lee', 'Ann Lee', '@Ann lee'],
  ['@Ann\u00a0Lee hi', 'Ann Lee', '@Ann\u00a0Lee'],
  ['@zoe\u0308 hi', 'Zoë', '@zoe\u0308'],
  ['@ZOË', 'zoe\u0308', '@ZOË'],
  ['@GROẞ, gross', 'Groß', '@GROẞ'],
  ['@ΝΊΚΟΣ τι', 'Νίκος', '@ΝΊΚΟΣ'],
  ['@irem', 'İrem', '@irem'],
  ['@ışıl', 'Işıl', '@ışıl'],
  ["@O'Brien's", 'O’Brien', "@O'Brien"],
  ['@Ann‑Marie', 'Ann-Marie', '@Ann‑Marie'],
  ['@j.r. smith hi', 'J.R. Smith', '@j.r. smith'],
  ['@ann_b', 'ann_b', '@ann_b'],
  ['@Ann-Marie', 'Ann-Marie', '@Ann-Marie'],
  ['@R2-D2!', 'r2-d2', '@R2-D2'],
  ['@👩‍🚀 Zoë!', '👩‍🚀 Zoë', '@👩‍🚀 Zoë'],
  ['@🦊hello', '🦊', '@🦊'],
  ['@Ann :) hi', 'Ann :)', '@Ann :)'],
  ['@C++/Rust', 'C++', '@C++'],
  ['@🦊@Bob', '🦊', '@🦊'],
  ['@अन्न, सुनो', 'अन्न', '@अन्न'],
  ['يا @محمد، كيف', 'محمد', '@محمد'],
  ['@می‌خواهم.', 'می‌خواهم', '@می‌خواهم'],
  // Scripts that put no space between words, and endings that follow a name at once
  ['@田中さん、どうぞ', '田中', '@田中'],
  ['今日は@田中です', '田中', '@田中'],
  ['@李明你好', '李明', '@李明'],
  ['@アンさん', 'アン', '@アン'],
  ['@Annさん', 'Ann', '@Ann'],
  ['@田中hello', '田中', '@田中'],
  ['สวัสดี@สมชายครับ', 'สมชาย', '@สมชาย'],
  ['@민수님 안녕', '민수', '@민수'],
  ['＠田中さん', '田中', '＠田中'],
  ['@田中-san', '田中', '@田中'],
  ['@田中/鈴木', '田中', '@田中'],
  ['@Ann/田中', 'Ann', '@Ann'],
  ['@李明.你好', '李明', '@李明'],
  ['ཀ@ཀརྨལགས', 'ཀརྨ', '@ཀརྨ'],
  // Prefixes of Arabic and Hebrew, and what their writers leave out
  ['و@محمد', 'محمد', '@محمد'],
  ['ל@יוסף', 'יוסף', '@יוסף'],
  ['@محمد', 'مُحَمَّد', '@محمد'],
  ['@محمّد، نعم', 'محمد', '@محمّد'],
  ['@علیرضا جان', 'علی‌رضا', '@علیرضا'],
  ['@אל־רחמן', 'אל-רחמן', '@אל־רחמן'],
  ['@\u2068محمد\u2069، نعم', 'محمد', '@\u2068محمد\u2069'],
]

const NOT_FOUND: readonly [text: string, name: string][] = [
  ['Ann', 'Ann'],
  ['@ Ann', 'Ann'],
  ['@\nAnn', 'Ann'],
  ['@Ann\nLee', 'Ann Lee'],
  ['@annette', 'Ann'],
  ['@Ann2', 'Ann'],
  ['@ann_b', 'Ann'],
  ['@Ann-Marie', 'Ann'],
  ['@ann.org', 'Ann'],
  ['@ann/lodash', 'Ann'],
  ['@ann@mastodon.example', 'Ann'],
  ['a@ann', 'Ann'],
  ['mail@ann.org', 'Ann'],
  ['snake_@ann', 'Ann'],
  ['@@Ann', 'Ann'],
  ['medium.com/@ann', 'Ann'],
  ['https://medium.com/@ann/post', 'Ann'],
  ['https://medium.com/@ann', 'Ann'],
  ['`@Ann`', 'Ann'],
  ['```\n@Ann\n```', 'Ann'],
  ['```\n@Ann', 'Ann'],
  ['@アンナ', 'アン'],
  ['@アン-マリー', 'アン'],
  ['@田中2', '田中'],
  ['@अन्ना', 'अन्न'],
  ['@नीला', 'नील'],
  ['@אל־רחמן', 'אל'],
  ['हे@नील', 'नील'],
  ['@＠田中', '田中'],
  ['@👩‍🚀', '👩'],
  ['@ზურა', 'ზურ'],
]

describe('a text names', () => {
  test.each(FOUND)('[M82] in %j %s', (text, name, mention) => {
    expect(mentionsOf(text, name)).toEqual([`${name}: ${mention}`])
  })

  test.each(NOT_FOUND)('[M83] in %j not %s', (text, name) => {
    expect(mentionsOf(text, name)).toEqual([])
  })

  test('[M82] at each place the person with the longest name', () => {
    const people = ['Ann', 'Ann Lee', 'Ann-Marie', 'Lee']
    expect(mentionsOf('@Ann Lee hi', ...people)).toEqual(['Ann Lee: @Ann Lee'])
    expect(mentionsOf('@ann leeward @ann-marie', ...people)).toEqual(['Ann: @ann', 'Ann-Marie: @ann-marie'])
    expect(mentionsOf('@Ann @Lee @Ann', ...people)).toEqual(['Ann: @Ann', 'Lee: @Lee', 'Ann: @Ann'])
    expect(mentionsOf('@Ann @Lee', 'Ann @Lee', ...people)).toEqual(['Ann @Lee: @Ann @Lee'])
  })

  test('[M82, M83] both of two whom no space divides, but nobody in the address of another place', () => {
    expect(mentionsOf('@田中@李明 来', '田中', '李明')).toEqual(['田中: @田中', '李明: @李明'])
    expect(mentionsOf('@민수@지우', '민수', '지우')).toEqual(['민수: @민수', '지우: @지우'])
    expect(mentionsOf('@Ada@bob, @Bob@Ada@Bob?', 'Ada', 'Bob').join()).toBe(
      'Ada: @Ada,Bob: @bob,Bob: @Bob,Ada: @Ada,Bob: @Bob',
    )
    expect(mentionsOf('@Ada@nobody', 'Ada')).toEqual(['Ada: @Ada'])
    expect(mentionsOf('@nobody@Ada @Ada@ada.example a@Ada@Ada @@Ada', 'Ada')).toEqual([])
  })

  test('[M85] of people whose names are one but for their spelling the one whose spelling is typed', () => {
    const people = ['Weiss', 'Weiß', 'Νίκοσ', 'Νίκος']
    expect(mentionsOf('@weiß @WEISS @Νίκος @ΝΊΚΟΣ', ...people)).toEqual([
      'Weiß: @weiß',
      'Weiss: @WEISS',
      'Νίκος: @Νίκος',
      'Νίκος: @ΝΊΚΟΣ',
    ])
    expect(mentionsOf('@WEISZ @Weiẞ', ...people)).toEqual(['Weiß: @Weiẞ'])
  })

  test('[M82, S43] at most 50 people, and a text of 4,000 `@` is given up early', () => {
    const many = '@Ann '.repeat(60)
    expect(mentionsOf(many, 'Ann')).toHaveLength(LIMITS.mentions)
    for (const unit of ['@', '@ ', '@a ', '@a', '@.,;!?', '/@a', '@田中さん鍵を見', '@a\u0301\u0301']) {
      const text = unit.repeat(4_000 / unit.length)
      const names = namePlaces(text).flatMap(({ ends }) => ends)
      expect(names.length).toBeLessThan(1_100)
      expect(names.reduce((sum, { name }) => sum + name.length, 0)).toBeLessThan(100_000)
    }
  })

  test('[M82, U170] and the page draws exactly these mentions, whatever the marks around them', () => {
    const names = ['ann', 'ann lee', 'bob', '田中', 'x_y', '*s*', 'a|b']
    const users = new Map(names.map((name) => [name, [{ id: name, name }]]))
    // prettier-ignore
    const pieces = ['@Ann', '@Ann Lee', '@Bob', '@田中', 'さん', '@x_y', '@*s*', '@a|b', ' ', '\n', '\n\n', '*', '**', '_', '~~', '`', '```', '> ', '- ', '1. ', '# ', '| ', '|', '|-|-|', '---', '[', '](', ')', 'http://a.b/', 'x@y.zz', '\\', '/me ', '.', ',', 'a']
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (parts) => {
        const text = parts.join('')
        const mentions = mentionsIn(text, namePlaces(text), users)
        const drawn = JSON.stringify(parseText(text, mentions)).match(/"type":"mention"/g) ?? []
        expect(drawn).toHaveLength(mentions.length)
      }),
      { numRuns: 3_000 },
    )
  })
})

/**
 * Two rooms whose names have the same key have the same name. The key ignores capitals, accents of Latin letters, spaces,
 * invisible characters and punctuation, but keeps `#` and `*` behind a letter or digit: `C#` is not `C`.
 */
export const sameNameKey = (name: string) =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]|\p{Join_Control}|\p{Variation_Selector}/gu, '')
    .toLowerCase()
    .replace(/(?:(?<![\p{L}\p{N}])[#*]|(?![#*])[\s\p{P}])+/gu, '-')
    .replace(/^-|-$/g, '')

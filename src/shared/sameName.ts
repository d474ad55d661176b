/** Rooms whose names have one key have one name: it ignores capitals, accents of Latin letters, spaces, what is invisible, and punctuation but for `C#` and `A*`. */
export const sameNameKey = (name: string) =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]|\p{Join_Control}|\p{Variation_Selector}/gu, '')
    .toLowerCase()
    .replace(/(?:(?<![\p{L}\p{N}])[#*]|(?![#*])[\s\p{P}])+/gu, '-')
    .replace(/^-|-$/g, '')

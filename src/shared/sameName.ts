/** Rooms whose names have one key have one name: it ignores capitals, accents of Latin letters, spaces and punctuation. */
export const sameNameKey = (name: string) =>
  name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[\s\p{P}]+/gu, '-')
    .replace(/^-|-$/g, '')

/** Closes an exhaustive switch: a case left out does not compile. @throws TypeError if it is reached all the same */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected ${JSON.stringify(value)}`)
}

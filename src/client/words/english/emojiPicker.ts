/** English words of the emoji picker. */
export const emojiPicker = {
  find: 'Search emoji',
  found: 'Results',
  none: 'No emoji found',
  notLoaded: 'Couldn’t load the emoji',
  recent: 'Recently used',
  categories: 'Categories',
  tone: 'Skin tone',
  tones: ['Default', 'Light', 'Medium-light', 'Medium', 'Medium-dark', 'Dark'] as readonly string[],
  /** In the order of Unicode. '': skin tones and hair, which the picker does not show. */
  // prettier-ignore
  groups: ['Smileys', 'People', '', 'Nature', 'Food', 'Places', 'Activities', 'Objects', 'Symbols', 'Flags'] as readonly string[],
}

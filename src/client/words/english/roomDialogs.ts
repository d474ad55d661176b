/** English words of the dialogs that find, create and switch rooms. */
export const roomDialogs = {
  find: 'Search rooms',
  busiest: 'Showing the busiest rooms. Type part of a name to find others.',
  typeMore: 'Type more of the name to find other rooms.',
  findOrCreate: 'Find or create a room',
  createNamed: (name: string) => `Create “${name}”`,
  goThere: 'Go there',
  nameTaken: (name: string) => `There’s already a room called ${name}.`,
  switcher: {
    title: 'Jump to a room',
    noMatch: 'No rooms match.',
    current: 'current room',
    unread: (count: string) => `${count} unread`,
  },
}

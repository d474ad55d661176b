/** English words of the settings. */
const onOff = { on: 'On', off: 'Off' }

export const settings = {
  groups: {
    you: 'You',
    appearance: 'Appearance',
    notifications: 'Notifications',
    writing: 'Writing',
    accessibility: 'Accessibility',
  },
  language: { title: 'Language', system: 'System' },
  name: { title: 'Display name', change: 'Save', changed: 'Name changed.' },
  export: 'Download my messages',
  exportLimit: 'You can download up to 3 at a time, then one per minute.',
  theme: { title: 'Theme', values: { system: 'System', light: 'Light', dark: 'Dark' } },
  density: { title: 'Density', values: { comfortable: 'Comfortable', compact: 'Compact' } },
  clock: { title: 'Time format', values: { system: 'System', h12: '12-hour', h23: '24-hour' } },
  enter: { title: 'Enter key', values: { sends: 'Send message', breaks: 'New line' } },
  lines: {
    title: 'Join and leave messages',
    values: { condensed: 'Grouped', shown: 'All', hidden: 'Off' },
  },
  level: {
    title: 'Notify me about',
    values: { all: 'All messages', mentions: 'Mentions', nothing: 'Nothing' },
    inRoom: (room: string) => `In ${room}`,
    inRoomValues: { same: 'Default', all: 'All messages', mentions: 'Mentions', nothing: 'Nothing' },
  },
  notify: {
    title: 'Desktop notifications',
    values: onOff,
    turnOn: 'Turn on notifications',
    blocked: 'Notifications are blocked. Allow them for this site in your browser settings.',
  },
  sound: { title: 'Sound', values: onOff },
  spoken: {
    title: 'Screen reader announcements',
    values: { messages: 'Messages', all: 'Messages and people', nothing: 'Off' },
  },
}

/** Apple's keyboards: ⌘ is for shortcuts, and Ctrl and Option with letters and arrows edit text. */
export const isMac = (): boolean => /^(Mac|iP)/.test(navigator.platform)

// Before first paint: the theme this device has chosen, 'light' or 'dark'; anything else follows the system.
{
  const show = (theme) => {
    const chosen = theme === 'light' || theme === 'dark'
    if (chosen) document.documentElement.dataset.theme = theme
    else delete document.documentElement.dataset.theme
    for (const meta of document.querySelectorAll('meta[name=theme-color]')) {
      const its = meta.dataset.for
      meta.media = !chosen ? `(prefers-color-scheme: ${its})` : its === theme ? 'all' : 'not all'
    }
  }
  let theme = null
  try {
    theme = localStorage.getItem('theme')
  } catch {
    // Storage is refused: the system decides.
  }
  show(theme)
  // Chosen later: by another tab, or by this one, which tells it the same way.
  addEventListener('storage', ({ key, newValue }) => key === 'theme' && show(newValue))
}

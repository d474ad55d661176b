// Before first paint: the theme this device has chosen, 'light' or 'dark'; nothing stored follows the system.
{
  let theme = null
  try {
    theme = localStorage.getItem('theme')
  } catch {
    // Storage is refused: the system decides.
  }
  if (theme === 'light' || theme === 'dark') {
    document.documentElement.dataset.theme = theme
    for (const meta of document.querySelectorAll('meta[name=theme-color]')) {
      meta.media = meta.dataset.for === theme ? 'all' : 'not all'
    }
  }
}

// Before the first paint: the theme that this device has chosen, and whether this browser is too old for the page. Browsers
// that lack what is asked for here lack modern syntax too, so this file is written in the syntax of 2009.
;(function () {
  var root = document.documentElement

  function show(theme) {
    var chosen = theme === 'light' || theme === 'dark'
    if (chosen) root.setAttribute('data-theme', theme)
    else root.removeAttribute('data-theme')
    var metas = document.querySelectorAll('meta[name=theme-color]')
    for (var index = 0; index < metas.length; index += 1) {
      var its = metas[index].getAttribute('data-for')
      metas[index].media = !chosen ? '(prefers-color-scheme: ' + its + ')' : its === theme ? 'all' : 'not all'
    }
  }
  var theme = null
  try {
    theme = localStorage.getItem('theme')
  } catch (refused) {
    // The system decides.
  }
  show(theme)
  // Chosen later: by another tab, or by this one, which tells it the same way.
  addEventListener('storage', function (event) {
    if (event.key === 'theme') show(event.newValue)
  })

  // What README's oldest browsers have, and older ones lack in part.
  function isModern() {
    try {
      new RegExp('', 'v')
      return (
        CSS.supports('color', 'light-dark(red, red)') &&
        'popover' in HTMLElement.prototype &&
        'any' in AbortSignal &&
        'canParse' in URL &&
        'Segmenter' in Intl &&
        'isWellFormed' in String.prototype
      )
    } catch (missing) {
      return false
    }
  }
  if (isModern()) return
  // `main.ts` stops at this mark.
  root.setAttribute('data-too-old', '')
  document.addEventListener('DOMContentLoaded', function () {
    document.getElementById('app').hidden = true
    document.getElementById('too-old').hidden = false
  })
})()

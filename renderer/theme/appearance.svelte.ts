import type { Studio } from '../state/studio.svelte'

/** Brings theme and language of the settings to the page, and the theme to the window's own frame. */
export function followAppearance(studio: Studio): void {
  let told: string | undefined
  $effect(() => {
    const { theme, language } = studio.settings
    const { dataset } = document.documentElement
    if (theme === 'system') delete dataset.theme
    else dataset.theme = theme
    document.documentElement.lang = language
    // 124 files of Korean letters, which only Korean needs
    if (language === 'ko') void import('@fontsource-variable/noto-sans-kr/wght.css')
    if (told !== theme) void studio.shell.setTheme({ theme }).catch(() => undefined)
    told = theme
  })
}

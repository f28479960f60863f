/** The page's surface-0 and text-0, so that nothing flashes before its first frame. */
export const WINDOW_COLOURS = {
  light: { surface: '#fafafb', text: '#1a1a1d' },
  dark: { surface: '#18181b', text: '#ececef' }
} as const

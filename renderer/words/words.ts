import type { Language } from '#models/shell'
import { en } from './en'
import { ko } from './ko'

/** The keys of the English dictionary, each with a text or a text with the same parameters. */
type Texts<T> = {
  readonly [K in keyof T]: T[K] extends (...parameters: infer P) => string
    ? (...parameters: P) => string
    : T[K] extends string
      ? string
      : Texts<T[K]>
}

export type Words = Texts<typeof en>

export const dictionaries: Readonly<Record<Language, Words>> = { en, ko }

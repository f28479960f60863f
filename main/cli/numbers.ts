import { InvalidArgumentError } from 'commander'

/** An option's value as a whole number of at least 1; commander adds the option's name to the error. */
export function positiveInteger(value: string): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < 1 || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError('It should be a whole number of at least 1.')
  }
  return number
}

/** 'HxW' as in 126x184: height first, as arrays have it. */
export function heightAndWidth(value: string): { height: number; width: number } {
  const [, height, width] = /^(\d+)[x×](\d+)$/i.exec(value) ?? []
  if (height === undefined || width === undefined || Number(height) < 1 || Number(width) < 1) {
    throw new InvalidArgumentError('It should be height x width, for example 512x683.')
  }
  return { height: Number(height), width: Number(width) }
}

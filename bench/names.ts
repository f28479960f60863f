/*
 * Class lists that cost the text encoder as much as a given one and that it has not seen: the engine keeps every name's
 * embedding, so the same list could be timed only once.
 */

/** Short strings of letters, of which CLIP's vocabulary holds many whole. */
function* candidates(): Generator<string> {
  const letters = [...'abcdefghijklmnopqrstuvwxyz']
  for (const a of letters) for (const b of letters) for (const c of letters) yield a + b + c
  for (const a of letters) for (const b of letters) for (const c of letters) yield `${a}q${b} ${c}`
}

/**
 * Yields lists as long as `names`, name by name with as many tokens, no name twice. `tokensOf` counts the tokens of a
 * phrase without start and end. Throws where the candidates run out (after some ten lists of 150).
 */
export async function* namesLike(
  names: readonly string[],
  tokensOf: (name: string) => Promise<number>
): AsyncGenerator<string[]> {
  const wanted = await Promise.all(names.map(tokensOf))
  const source = candidates()
  const spare = new Map<number, string[]>()
  for (;;) {
    const list: string[] = []
    for (const count of wanted) {
      let name = spare.get(count)?.pop()
      while (name === undefined) {
        const next = source.next()
        if (next.done === true) throw new RangeError(`No more names of ${count} tokens`)
        const tokens = await tokensOf(next.value)
        if (tokens === count) name = next.value
        else spare.set(tokens, [...(spare.get(tokens) ?? []), next.value])
      }
      list.push(name)
    }
    yield list
  }
}

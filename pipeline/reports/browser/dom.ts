/** Attributes of an element; a property where it begins with a dot is not needed: text goes in as text only. */
type Attributes = Readonly<Record<string, string | number | boolean>>

/** Make an element. Texts become text nodes, whatever is in them; `false` leaves an attribute out. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes))
    if (value !== false) made.setAttribute(key, value === true ? '' : String(value))
  made.append(...children)
  return made
}

/** An element of the page that must be there. */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`)
  return found
}

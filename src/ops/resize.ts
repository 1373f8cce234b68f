// Images at another size.

export {}

// Order along an axis.

export {}

// Attention: queries, keys and values to weighted values.

export {}

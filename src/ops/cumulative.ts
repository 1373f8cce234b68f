// Running sums, products and extremes along an axis.

export {}

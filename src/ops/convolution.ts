// Convolutions and their transposes.

export {}

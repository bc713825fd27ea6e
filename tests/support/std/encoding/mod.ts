export function encodeHex(b: Uint8Array): string { return b.toHex(); }

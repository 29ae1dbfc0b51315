/** The compiled row operations: made by src/build/simd.mjs. */
declare module 'virtual:simd' {
  /** Whether `files` are the bytes as base64; else they are addresses. */
  export const encoded: boolean;
  /** Plain SIMD, and SIMD with fused multiply-add. */
  export const files: Readonly<Record<'simd' | 'fused', string>>;
}

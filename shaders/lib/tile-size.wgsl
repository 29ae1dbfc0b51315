// Rows and columns of the tiles of lib/product.wgsl, which are square: 64, or 32 where the host says so (src/gpu/tiles.ts).

override tile_rows: u32 = 64u;
override tile_columns: u32 = 64u;

/** That of `package.json`, which no bundle holds; a test keeps them the same. */
export const PRODUCT_VERSION = '0.2.0'

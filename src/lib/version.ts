/** The version in `package.json`. A bundle does not contain that file, so a test keeps both equal. */
export const PRODUCT_VERSION = '0.3.0'

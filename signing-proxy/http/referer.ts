/** What a URI has in its query and fragment, reserved characters included. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~%!$&'()*+,;=:@/?]*$/;
const ABSOLUTE = /^[a-z]+:\/\/[^/?#@\s]+(?:[/?][^#\s]*)?$/i;

/**
 * Whether a `referer` may stay: an absolute URL without user and fragment, or a relative one. Others are removed from requests.
 * Evidence: measured with 1.40 (docs/conformance.md).
 */
export function isValidReferer(value: string): boolean {
  if (ABSOLUTE.test(value)) return true;
  const colon = value.indexOf(':');
  const slash = value.indexOf('/');
  // A first segment with a colon would be a scheme.
  if (colon >= 0 && (slash < 0 || colon < slash)) return false;
  return URI_CHARACTERS.test(value);
}

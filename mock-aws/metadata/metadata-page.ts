import { STATUS_CODES } from 'node:http';

/** The page that the instance metadata service shows for anything but 200 (aws.md 5.4, reported). */
export function createMetadataPage(status: number): { readonly contentType: string; readonly body: string } {
  const line = `${status} - ${STATUS_CODES[status] ?? 'Unknown'}`;
  const body = `<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
\t"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>${line}</title>
 </head>
 <body>
  <h1>${line}</h1>
 </body>
</html>
`;
  return { contentType: 'text/html', body };
}

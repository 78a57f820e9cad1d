import type { Instant } from '#core/clock.ts';

/** Writes an instant as `%START_TIME(format)%` does: a `strftime` subset in UTC; without a format ISO 8601 with milliseconds. */
export function formatTimestamp(instant: Instant, format: string): string {
  const iso = new Date(instant).toISOString();
  if (format === '') return iso;
  return format.replace(/%(E3S|[1-9]?f|[YmdHMSsTFzZ%])/g, (_, directive: string) =>
    writeDirective(directive, instant, iso),
  );
}

function writeDirective(directive: string, instant: Instant, iso: string): string {
  const [date = '', time = ''] = iso.slice(0, -1).split('T');
  switch (directive) {
    case 'F':
      return date;
    case 'Y':
      return date.slice(0, 4);
    case 'm':
      return date.slice(5, 7);
    case 'd':
      return date.slice(8, 10);
    case 'T':
      return time.slice(0, 8);
    case 'H':
      return time.slice(0, 2);
    case 'M':
      return time.slice(3, 5);
    case 'S':
      return time.slice(6, 8);
    case 'E3S':
      return time.slice(6);
    case 's':
      return String(Math.floor(instant / 1000));
    case 'z':
      return '+0000';
    case 'Z':
      return 'UTC';
    case '%':
      return '%';
    default:
      return `${time.slice(9)}000000`.slice(0, directive === 'f' ? 9 : Number(directive[0]));
  }
}

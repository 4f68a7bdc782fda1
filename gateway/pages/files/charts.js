// Plots as SVG: a curve that moves, and a bar of parts. Each has a text beside it that says the same.

import { html } from './preact.js';
import { number } from './texts.js';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [1000, 240, 48, 24];

/**
 * A curve over the last `spanMs`, from samples in the order of time.
 * @param {{ samples: { at: number, value: number }[], spanMs: number, label: string }} props
 */
export function Curve({ samples, spanMs, label }) {
  const end = samples.at(-1)?.at ?? 0;
  const most = niceAbove(Math.max(1, ...samples.map((sample) => sample.value)));
  const x = (/** @type {number} */ at) => LEFT + (1 - (end - at) / spanMs) * (WIDTH - LEFT - 8);
  const y = (/** @type {number} */ value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - 12);
  const points = samples.map(({ at, value }) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  return html`<svg class="chart" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${label} data-samples=${samples.length}>
    ${[0, most / 2, most].map((value) => html`<g key=${value}>
      <line class="grid" x1=${LEFT} x2=${WIDTH - 8} y1=${y(value)} y2=${y(value)} />
      <text x=${LEFT - 6} y=${y(value) + 4} text-anchor="end">${number(value)}</text>
    </g>`)}
    <text x=${LEFT} y=${HEIGHT - 6}>−${number(spanMs / 1000)} s</text>
    <text x=${WIDTH - 8} y=${HEIGHT - 6} text-anchor="end">0 s</text>
    <polyline class="curve" points=${points} />
  </svg>`;
}

/**
 * A bar whose parts are shares of a whole.
 * @param {{ parts: { kind: string, value: number }[], whole: number, label: string }} props
 */
export function Bar({ parts, whole, label }) {
  let begin = 0;
  const drawn = parts.map(({ kind, value }) => {
    const width = whole > 0 ? (value / whole) * 100 : 0;
    const part = html`<rect key=${kind} class=${kind} x=${begin} y="0" width=${width} height="6" />`;
    begin += width;
    return part;
  });
  return html`<svg class="chart parts" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=${label}>
    <rect class="free" x="0" y="0" width="100" height="6" />${drawn}
  </svg>`;
}

/**
 * The next number that a scale may end at: 1, 2 or 5 with zeros.
 * @param {number} value
 */
function niceAbove(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((nice) => nice >= value) ?? value;
}

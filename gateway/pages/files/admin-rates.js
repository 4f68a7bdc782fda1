// Utilization and cancellations of all events, as bars with their table.

import { tellError } from './actions.js';
import { Bar } from './charts.js';
import { usePolled } from './polling.js';
import { html, useEffect } from './preact.js';
import { client } from './session.js';
import { number, percent, t } from './texts.js';

const EVERY_MS = 15_000;
const SHOWN_MAX = 200;

export function RatesView() {
  const rates = usePolled(read, EVERY_MS, []);
  useEffect(() => {
    if (rates.error && !rates.value) tellError(rates.error, () => void rates.refresh());
  }, [rates.error]);
  return html`
    <h1>${t('rates')}</h1>
    <p>${t('ratesSays')}</p>
    <p><button type="button" onClick=${rates.refresh}>${t('refresh')}</button></p>
    ${rates.value === undefined && html`<p>${t('loading')}</p>`}
    <div class="scroll" tabindex="0" role="group" aria-label=${t('rates')}>
      <table>
        <caption>${t('rates')}</caption>
        <thead><tr>
          <th scope="col">${t('event')}</th>
          <th scope="col">${t('utilization')}</th>
          <th scope="col" class="number">${t('sold')}</th>
          <th scope="col" class="number">${t('soldToday')}</th>
          <th scope="col">${t('cancellationRate')}</th>
        </tr></thead>
        <tbody>
          ${rates.value?.map((row) => html`<tr key=${row.id}>
            <th scope="row"><a href=${`#/live/${row.id}`}>${row.name}</a></th>
            <td><${Rate} kind="sold" share=${row.utilization} label=${t('utilization')} /></td>
            <td class="number">${number(row.sold)} / ${number(row.total)}</td>
            <td class="number">${number(row.today)}</td>
            <td><${Rate} kind="held" share=${row.cancellations} label=${t('cancellationRate')} /></td>
          </tr>`)}
        </tbody>
      </table>
    </div>
  `;
}

/** @param {{ kind: string, share: number, label: string }} props */
function Rate({ kind, share, label }) {
  return html`<${Bar} parts=${[{ kind, value: share }]} whole=${1} label=${`${label}: ${percent(share)}`} />${percent(share)}`;
}

/** @param {AbortSignal} signal */
async function read(signal) {
  const [rows, cancellations, names] = await Promise.all([
    client.analytics({ signal }),
    client.cancellationRates({ signal }),
    eventNames(signal),
  ]);
  const cancelled = new Map(cancellations.map((row) => [row.event_id, row.cancellation_rate]));
  return rows.slice(0, SHOWN_MAX).map((row) => ({
    id: row.event_id,
    name: names.get(row.event_id) ?? row.event_id,
    utilization: row.capacity_utilisation,
    sold: row.sold_tickets,
    total: row.total_seats,
    today: row.today_booked_tickets,
    cancellations: cancelled.get(row.event_id) ?? 0,
  }));
}

/**
 * The names of as many events as are shown.
 * @param {AbortSignal} signal
 */
async function eventNames(signal) {
  const names = new Map();
  for await (const event of client.events({ limit: 100 }, { signal })) {
    names.set(event.id, event.name);
    if (names.size >= SHOWN_MAX) break;
  }
  return names;
}

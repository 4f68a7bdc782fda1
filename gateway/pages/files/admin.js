// The admin page: events, a sale as it runs, and rates.

import { EventsView } from './admin-events.js';
import { LiveView } from './admin-live.js';
import { RatesView } from './admin-rates.js';
import { html } from './preact.js';
import { isId, useRoute } from './route.js';
import { user } from './session.js';
import { show } from './shell.js';
import { useStore } from './store.js';
import { t } from './texts.js';

const grafana = document.querySelector('meta[name="grafana"]')?.getAttribute('content');

function Links() {
  return html`
    <a href="#/">${t('events')}</a>
    <a href="#/rates">${t('rates')}</a>
    ${grafana && html`<a href=${grafana}>${t('grafana')}</a>`}
    <a href="/">${t('salePage')}</a>
  `;
}

function Content() {
  const [view, id] = useRoute();
  const who = useStore(user);
  if (!who?.isAdmin) return html`<h1>${t('adminTitle')}</h1><p>${t('adminOnly')}</p>`;
  if (view === undefined) return html`<${EventsView} />`;
  if (view === 'live' && isId(id)) return html`<${LiveView} id=${id} key=${id} />`;
  if (view === 'rates') return html`<${RatesView} />`;
  return html`<p>${t('notFound')}</p>`;
}

show({ links: () => html`<${Links} />`, content: () => html`<${Content} />`, mayRegister: false });

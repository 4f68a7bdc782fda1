// The sale page: events, one event, and one's tickets.

import { html } from './preact.js';
import { isId, useRoute } from './route.js';
import { EventView } from './sale-event.js';
import { EventList } from './sale-list.js';
import { TicketsView } from './sale-tickets.js';
import { user } from './session.js';
import { show } from './shell.js';
import { useStore } from './store.js';
import { t } from './texts.js';

function Links() {
  const who = useStore(user);
  return html`
    <a href="#/">${t('events')}</a>
    ${who && html`<a href="#/tickets">${t('myTickets')}</a>`}
    ${who?.isAdmin && html`<a href="/admin/">${t('admin')}</a>`}
  `;
}

function Content() {
  const [view, id] = useRoute();
  if (view === undefined) return html`<${EventList} />`;
  if (view === 'event' && isId(id)) return html`<${EventView} id=${id} key=${id} />`;
  if (view === 'tickets') return html`<${TicketsView} />`;
  return html`<p>${t('notFound')}</p>`;
}

show({ links: () => html`<${Links} />`, content: () => html`<${Content} />`, mayRegister: true });

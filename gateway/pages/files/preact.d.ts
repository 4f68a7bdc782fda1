// The types of files/preact.js, which vendor.js makes.

export { render } from 'preact';
export { useCallback, useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type { VNode } from 'preact';
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode;

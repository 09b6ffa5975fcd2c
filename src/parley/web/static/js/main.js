// The page's behaviour, one module each. Every page works without it as plain links.
import { start as chart } from "./chart.js";
import { start as copy } from "./copy.js";
import { start as filter } from "./filter.js";
import { start as find } from "./find.js";
import { start as keys } from "./keys.js";
import { start as labels } from "./labels.js";
import { start as live } from "./live.js";
import { start as look } from "./look.js";
import { start as news } from "./news.js";
import { start as page } from "./page.js";
import { start as play } from "./play.js";
import { start as query } from "./query.js";
import { start as reading } from "./reading.js";
import { start as selection } from "./selection.js";
import { start as tree } from "./tree.js";

for (const start of [page, labels, selection, keys, news, live, look, reading, filter, find, query, play, copy, chart, tree]) start();
document.documentElement.dataset.ready = "1";

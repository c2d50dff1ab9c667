import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './styles/main.css';
import { App } from './components/app';
import { resume } from './state/session';

resume();
render(<App />, document.getElementById('app')!);

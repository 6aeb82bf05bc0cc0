// SPDX-License-Identifier: GPL-2.0-only
//
// What the dashboards' JSON has to be, in Grafana's published types. Those leave open what a panel of
// some type and a query of some source have in them; here that is the types of those we use.

import type { Dashboard, FieldConfig, FieldConfigSource, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';

type PanelOf<Type extends string, Options, Custom> =
	Omit<Panel, 'type' | 'targets' | 'options' | 'fieldConfig'> & {
		type: Type;
		targets: Dataquery[];
		options?: Options;
		fieldConfig?: Omit<FieldConfigSource, 'defaults'> & {
			defaults: Omit<FieldConfig, 'custom'> & { custom?: Custom };
		};
	};

export type OurDashboard = Omit<Dashboard, 'panels'> & {
	panels: (
		| PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
		| PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>
		| PanelOf<'stat', stat.Options, never>
	)[];
};

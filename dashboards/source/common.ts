// SPDX-License-Identifier: GPL-2.0-only
// What all dashboards have: the data source, variables, links, annotations, and queries that hold
// for native and for classic histograms.
import {
	DataSourceRef, LegendDisplayMode, LegendPlacement, ScaleDistribution,
	ScaleDistributionConfigBuilder, VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
	AnnotationQueryBuilder, DashboardBuilder, DashboardCursorSync, DashboardLinkBuilder,
	DashboardLinkType, DatasourceVariableBuilder, QueryVariableBuilder, VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import * as heatmap from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";

const source: DataSourceRef = { type: "prometheus", uid: "${datasource}" };
const tag = "imstrace";

// Which series, and how they are grouped besides the stage.
export interface Scope {
	family: string;		// without "_seconds"
	selector: string;
}

// A scraper with native histograms keeps those alone, any other has classic ones: of the two
// halves one is empty.
const both = (native: string, classic: string) => `${native} or ${classic}`;

export function quantile(q: number, by: string, scope: Scope): string {
	const rate = (suffix: string) =>
		`rate(${scope.family}_seconds${suffix}{${scope.selector}}[$__rate_interval])`;
	return both(
		`histogram_quantile(${q}, sum by (${by}) (${rate("")}))`,
		`histogram_quantile(${q}, sum by (${by}, le) (${rate("_bucket")}))`);
}

// All of a run, not a rate: what has been pushed is a whole run.
export function quantileOfAll(q: number, by: string, scope: Scope): string {
	const values = (suffix: string) => `${scope.family}_seconds${suffix}{${scope.selector}}`;
	return both(
		`histogram_quantile(${q}, sum by (${by}) (${values("")}))`,
		`histogram_quantile(${q}, sum by (${by}, le) (${values("_bucket")}))`);
}

export function buckets(scope: Scope): string {
	const increase = (suffix: string) =>
		`increase(${scope.family}_seconds${suffix}{${scope.selector}}[$__rate_interval])`;
	return both(`sum(${increase("")})`, `sum by (le) (${increase("_bucket")})`);
}

export const rate = (by: string, counter: string, selector: string) =>
	`sum by (${by}) (rate(${counter}{${selector}}[$__rate_interval]))`;

export const query = (expr: string, legend: string) =>
	new DataqueryBuilder().expr(expr).legendFormat(legend).range();

const log = (base: number) =>
	new ScaleDistributionConfigBuilder().type(ScaleDistribution.Log).log(base);

export const lines = (title: string, unit: string, ...queries: DataqueryBuilder[]) => {
	const panel = new timeseries.PanelBuilder().title(title).unit(unit).datasource(source)
		.height(8).span(12).fillOpacity(5)
		// The builder would show none.
		.legend(new VizLegendOptionsBuilder().showLegend(true)
			.displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom));
	// Stages differ by factors of thousands: on a linear scale the short ones would lie on the floor.
	if (unit === "s")
		panel.scaleDistribution(log(10));
	return queries.reduce((all, target, at) =>
		all.withTarget(target.refId(String.fromCharCode(65 + at))), panel);
};

export const figure = (title: string, unit: string, expr: string, legend?: string) => {
	const target = new DataqueryBuilder().expr(expr).instant().refId("A");
	return new stat.PanelBuilder().title(title).unit(unit).datasource(source).height(4).span(4)
		.withTarget(legend ? target.legendFormat(legend) : target);
};

export const heat = (title: string, expr: string) =>
	new heatmap.PanelBuilder().title(title).datasource(source).height(8).span(8)
		.yAxis(new heatmap.YAxisConfigBuilder().unit("s"))
		.scaleDistribution(log(2))
		.withTarget(new DataqueryBuilder().expr(expr).format(PromQueryFormat.Heatmap)
			.exemplar(true).range().refId("A"));

export function variable(name: string, label: string, definition: string): QueryVariableBuilder {
	return new QueryVariableBuilder(name).label(label).datasource(source).query(definition)
		.definition(definition).refresh(VariableRefresh.OnTimeRangeChanged)
		.multi(true).includeAll(true).allValue(".*")
		.current({ text: "All", value: "$__all" });
}

// Where something was lost, no figure beside it may be read without that.
const loss = () =>
	new AnnotationQueryBuilder().name("Loss").datasource(source).enable(true).iconColor("red")
		.expr('sum by (instance, what) (increase(imstrace_lost_records_total{job=~"$job"}' +
			'[$__rate_interval])) > 0')
		.titleFormat("Lost on {{instance}}: {{what}}").step("60s");

export function dashboard(uid: string, title: string, description: string): DashboardBuilder {
	return new DashboardBuilder(title).uid(uid).description(description).tags([tag])
		.timezone("browser").tooltip(DashboardCursorSync.Crosshair).refresh("30s")
		.time({ from: "now-1h", to: "now" })
		.withVariable(new DatasourceVariableBuilder("datasource").label("Data source")
			.type("prometheus"))
		.annotation(loss())
		.link(new DashboardLinkBuilder("imstrace").type(DashboardLinkType.Dashboards).tags([tag])
			.includeVars(true).keepTime(true));
}

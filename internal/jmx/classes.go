package jmx

import (
	"slices"
	"strings"
)

var groupClasses = []string{"ThreadGroup", "SetupThreadGroup", "PostThreadGroup", "OpenModelThreadGroup", "UltimateThreadGroup",
	"SteppingThreadGroup", "ConcurrencyThreadGroup", "ArrivalsThreadGroup", "FreeFormArrivalsThreadGroup"}

// isGroup reports whether elements of the class have users.
func isGroup(class string) bool {
	return slices.Contains(groupClasses, class) || strings.HasSuffix(class, "ThreadGroup")
}

// silentClasses are what has no effect on the requests of a run: what shows or stores results, what belongs to
// JMeter's windows and to recording, and caches.
var silentClasses = []string{"ResultCollector", "CorrectedResultCollector", "Summariser", "BackendListener", "CacheManager",
	"DNSCacheManager", "WorkBench", "ProxyControl", "HttpMirrorControl", "ResultSaver", "MailerResultCollector", "DebugPostProcessor", "JavaConfig", "LoginConfig",
	"SaveGraphs", "PropertyControlGui", "MonitorHealthVisualizer", "ComparisonVisualizer", "GenerateSummaryResults", "Sampler", "LoopControlPanel"}

func silent(e *Element) bool {
	if slices.Contains(silentClasses, e.Class) || strings.HasSuffix(e.Class, "Visualizer") || strings.HasSuffix(e.Class, "Gui") {
		return true
	}
	if e.thirdParty() != "" && (strings.HasSuffix(e.Class, "Collector") || strings.HasSuffix(e.Class, "Listener") || strings.Contains(e.Class, "Listener")) {
		return true
	}
	return slices.Contains([]string{"JSR223Listener", "BeanShellListener", "BSFListener"}, e.Class) && harmless(e)
}

// harmless reports whether a listener's script only logs, or is empty.
func harmless(e *Element) bool {
	actions, err := parseScript(scriptOf(e), nobody{}, "")
	return err == nil && len(actions) == 0
}

// nobody knows all variables, where only the form of a script matters.
type nobody struct{}

func (nobody) reference(p piece) (*ex, error)    { return text(p.source), nil }
func (nobody) variable(name string) *ex          { return variable(name) }
func (nobody) property(name string, _ value) *ex { return variable(name) }
func (nobody) target(name string) string         { return name }

// appliedClasses apply to the samplers of their parent's subtree, or to those that come after.
var appliedClasses = map[string]func(*scope, *Element){
	"CookieManager": (*scope).config, "HeaderManager": (*scope).config, "ConfigTestElement": (*scope).config, "Arguments": (*scope).config,
	"AuthManager": (*scope).config, "CSVDataSet": (*scope).config, "RandomCSVDataSetConfig": (*scope).config, "CounterConfig": (*scope).config,
	"RandomVariableConfig": (*scope).config, "KeystoreConfig": (*scope).config, "JDBCDataSource": (*scope).config, "JavaConfig": (*scope).config,
	"LoginConfig": (*scope).config, "SimpleConfig": (*scope).config, "VariableThroughputTimer": (*scope).timer,

	"ConstantTimer": (*scope).timer, "UniformRandomTimer": (*scope).timer, "GaussianRandomTimer": (*scope).timer,
	"PoissonRandomTimer": (*scope).timer, "ConstantThroughputTimer": (*scope).timer, "PreciseThroughputTimer": (*scope).timer, "SyncTimer": (*scope).timer,
	"BeanShellTimer": (*scope).timer, "JSR223Timer": (*scope).timer, "BSFTimer": (*scope).timer,

	"RegexExtractor": (*scope).after, "JSONPostProcessor": (*scope).after, "BoundaryExtractor": (*scope).after, "HtmlExtractor": (*scope).after,
	"XPathExtractor": (*scope).after, "XPath2Extractor": (*scope).after, "JMESPathExtractor": (*scope).after, "JSONPathExtractor": (*scope).after,
	"ResultAction": (*scope).after, "TestActionPostProcessor": (*scope).after,

	"UserParameters": (*scope).preparation,
}

// applies reports whether an element of the class applies to samplers, and is none itself.
func (im *importer) applies(class string) bool { return application(class) != nil }

func application(class string) func(*scope, *Element) {
	if f := appliedClasses[class]; f != nil {
		return f
	}
	switch {
	case strings.HasSuffix(class, "Assertion"):
		return (*scope).assertion
	case strings.HasSuffix(class, "PostProcessor"), strings.HasSuffix(class, "Extractor"), strings.HasSuffix(class, "Listener"), strings.HasSuffix(class, "Saver"):
		return (*scope).after
	case strings.HasSuffix(class, "PreProcessor"), strings.HasSuffix(class, "Modifier"), class == "RegExUserParameters", class == "SampleTimeout":
		return (*scope).preparation
	case strings.HasSuffix(class, "Timer"):
		return (*scope).timer
	case strings.HasSuffix(class, "Config"), strings.HasSuffix(class, "Manager"), strings.HasSuffix(class, "Configuration"), strings.HasSuffix(class, "DataSet"),
		strings.HasSuffix(class, "DataSource"), strings.HasSuffix(class, "SourceElement"), strings.HasSuffix(class, "Arguments"):
		return (*scope).config
	}
	return nil
}

// samplers that have no words: whatever else is neither a controller nor applied is a sampler of an unknown sort.
func isController(class string) bool {
	return controllers[class] != nil || strings.HasSuffix(class, "Controller") || strings.HasSuffix(class, "Control")
}

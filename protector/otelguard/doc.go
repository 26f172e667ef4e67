// Package otelguard tells OpenTelemetry what a [protector.Protector] decides, and how
// that fares by which it decides.
//
//	telemetry, err := otelguard.New(otelguard.Config{
//		MeterProvider: otel.GetMeterProvider(),
//		Keys:          map[string]otelguard.KeySet{"accounts": keys}, // a *jwks.Remote
//	})
//	guard, err := protector.New(protector.Config{
//		Validators: …,
//		OnDecision: telemetry.OnDecision,
//	})
//
// It needs the API of OpenTelemetry and not its SDK: which exporter there is, if any,
// is up to whoever makes the MeterProvider.
//
// # Metrics
//
//	resourceserver.decision.duration       histogram, s    outcome, error.type, scheme, http.route,
//	                                                       http.request.method, shadow
//	resourceserver.jwks.fetches            counter         issuer, result: success or failure
//	resourceserver.jwks.last_success       gauge, s        issuer; Unix time
//	resourceserver.jwks.usable_until       gauge, s        issuer; Unix time
//	resourceserver.jwks.keys               gauge           issuer, status: usable or skipped
//	resourceserver.jwks.state              gauge           issuer, state; 1 for the one that it is in
//	resourceserver.jwks.unknown_kids       counter         issuer
//	resourceserver.jwks.tenants            gauge           group, state; how many are in it
//	resourceserver.jwks.tenants_failing    gauge           group; those whose last fetch failed
//	resourceserver.token.cache             counter         cache, result: hit or miss
//	resourceserver.replay.checks           counter         result: fresh, replayed or unavailable
//	resourceserver.introspection.duration  histogram, s    error.type: why there was no answer
//
// The outcome is one of [protector.Outcome], and error.type the reason why access was
// not granted. Where shadow is true the policy was in shadow, and the request went on
// whatever the outcome; other decisions have no such label. A request has a decision
// for each middleware and each Acquire that it passes. The jwks metrics are there for
// each of Config.Keys, those of tenants for each of Config.Tenants, the cache for each of
// Config.Caches, and the last two once [Telemetry.Replay] or
// [Telemetry.IntrospectionCall] is in use. A state of a key set is never_loaded, fresh,
// stale or unavailable, as package jwks has them; the first and the last two can mean
// that nobody has asked for a key, and are a fault where fetches fail as well.
//
// # Tenants
//
// Issuers that come and go are no item of Config.Keys, which is fixed. [KeysOfAll] asks
// at each collection who is there, and counts them by state. A tenant has no time series
// of its own, since tokens make one live: the StatusOfAll of package jwks names those
// that fail. Neither do their fetches have a running total, which would fall when a
// tenant leaves.
//
// # Life
//
// The MeterProvider holds whatever is observed, and asks it at each collection, until
// [Telemetry.Close]. Where a configuration is read anew, close the old Telemetry before
// the new one is made: both together count the same key set twice.
//
// # Labels
//
// Strangers choose nothing that becomes a label. Methods that are none of HTTP's own
// are "_OTHER", and so are reasons that no room of this library and no item of
// Config.Reasons has. The route is a pattern, without its method and host, and never a
// path; beyond a thousand patterns it is "_OTHER", in case a program mistakes paths for
// patterns. Issuers, groups and caches have the names that are configured. There is no
// subject, client, token or scope.
//
// # Spans
//
// The span of the request, if one is being recorded, gets the attributes
// resourceserver.outcome, .reason, .scheme and, for a configured issuer, .issuer. What
// is decided in shadow has resourceserver.shadow.outcome and so on instead.
//
// # Cost
//
// A decision takes one look-up of a prepared set of attributes and one Record, without
// a lock and, in the SDK at least, without waiting for any exporter. What package jwks
// and the cache know is read when an exporter collects, and costs requests nothing.
//
// # Compatibility
//
// Within a major version the names of metrics and labels stay. New values, of
// error.type in particular, may come.
package otelguard

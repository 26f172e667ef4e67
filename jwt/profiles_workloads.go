package jwt

import "cmp"

// The profiles of what programs call with. Whoever may run programs at the same place
// gets such a token: the list of those that are welcome is the application's.

// KubernetesServiceAccount returns the profile of the tokens that a Kubernetes
// cluster gives to pods, for the service accounts that they run as.
//
// Their header has alg and kid and no typ; aud is what the pod asked for, as an
// array; sub is system:serviceaccount:NAMESPACE:NAME; the pod, the node and the account
// are in the claim kubernetes.io; jti since Kubernetes 1.30; no client and no scope
// (Kubernetes' source, pkg/serviceaccount).
//
// Relaxed against RFC 9068: a token without typ is accepted, so the claim
// kubernetes.io is all that marks it, and the cluster signs nothing else with these
// keys; sub in place of client_id, and no jti demanded. Any pod may ask for any
// audience: have a policy list the accounts that you know, as clients.
//
// Config.Issuer is the cluster's --service-account-issuer, such as
// https://kubernetes.default.svc.cluster.local, or a public URL of the cloud's.
// Config.Audiences is yours, which the pod names in the serviceAccountToken of a
// projected volume. The token that every pod has anyway is for the API server, and
// tokens of a Secret, from before 1.24, have neither aud nor exp: both are refused.
//
// The keys are behind the issuer's discovery. Where that is the API server, it has a
// CA of its own and wants a token: give jwks.Config an HTTPClient with both.
func KubernetesServiceAccount() Profile {
	return Profile{
		Name:             "Kubernetes service account",
		AllowMissingType: true,
		Required:         []string{"iss", "exp", "aud", "sub", "iat", "kubernetes.io"},
		ClientID:         []string{"sub"},
		Absent:           signInClaims(),
	}
}

// SPIFFE returns the profile of the JWT-SVIDs of a trust domain, such as
// prod.example, as SPIRE issues them.
//
// Their header has no typ, or JWT or JOSE; sub is the SPIFFE ID of the workload; aud
// and exp are there; everything else is optional, iss included (SPIFFE's JWT-SVID §2
// and §3).
//
// Relaxed against RFC 9068: a token without typ is accepted, so a SPIFFE ID as the
// subject is all that marks it, and a trust domain has no ID tokens; sub in place of
// client_id, no iat, no jti; and no iss. Without iss nothing in the token says who signed it: give
// Config.Keys the JWT keys of this trust domain, and of no other. Its subjects are
// then those of this trust domain alone, whatever a foreign key could sign.
//
// Config.Issuer is what the server sets as jwt_issuer, so that tokens have iss: do
// that, and set AllowMissingIssuer to false. Where nothing is set it is a name for
// your logs, spiffe://prod.example. Keys come from the server's OIDC discovery
// provider, or as a bundle, whose JWT keys have the use jwt-svid. Config.Audiences is
// your own SPIFFE ID, or any name that callers know.
//
// Any workload of the trust domain gets a token for any audience: have a policy list
// those that you know, as clients.
func SPIFFE(trustDomain string) Profile {
	return Profile{
		Name:               "SPIFFE JWT-SVID",
		Types:              []string{"JWT", "JOSE"},
		AllowMissingType:   true,
		AllowMissingIssuer: true,
		Required:           []string{"exp", "aud", "sub"},
		ClientID:           []string{"sub"},
		TrustDomain:        cmp.Or(trustDomain, noTrustDomain), // and no Absent: the trust domain is the mark
	}
}

// noTrustDomain is what SPIFFE was given none for: an empty one would be that of every
// other profile, which has none and needs a mark of another kind.
const noTrustDomain = " "

// GitHubActions returns the profile of the tokens that GitHub gives to workflows, of
// the repositories of one owner.
//
// They have typ JWT; the audience that the workflow asked for in aud; sub, which the
// owner can configure; jti; and what the workflow is: repository, ref, environment,
// job_workflow_ref, actor and more. There is no scope (GitHub Docs, OpenID Connect
// reference).
//
// It gives up what an access token says about permissions: the claims say which
// workflow calls, and you decide what it may do. Above all, aud is no protection
// against strangers: whoever has a GitHub account gets a token for any audience, yours
// included. So the profile demands an owner, by the number that GitHub shows as the
// id of the user or organization (https://api.github.com/users/NAME), since a name can
// be taken by another. For several owners delete Equal["repository_owner_id"], and
// judge the claim by a policy. The repository is in [Token.ClientID]; ask for the
// branch or environment too, since a pull request runs workflows as well.
//
// sub has names of branches and environments in it, with spaces and what else is no
// URI: AllowAnySubject is set.
//
// Config.Issuer is https://token.actions.githubusercontent.com, or
// https://HOST/_services/token of a GitHub Enterprise Server. Config.Audiences is what
// the workflow passes to core.getIDToken: the default is the owner's page, which is
// not your API.
func GitHubActions(ownerID string) Profile {
	return Profile{
		Name:            "GitHub Actions",
		Types:           []string{"JWT"},
		Required:        []string{"iss", "exp", "aud", "sub", "iat", "jti", "repository"},
		ClientID:        []string{"repository"},
		Equal:           map[string]string{"repository_owner_id": ownerID},
		Absent:          signInClaims(),
		AllowAnySubject: true,
	}
}

// GitLabCI returns the profile of the ID tokens that GitLab gives to CI/CD jobs, of
// the projects of one namespace.
//
// They have typ JWT (GitLab's source, Gitlab::Ci::Jwt); the audience that the job asked
// for in aud; sub, as in project_path:shop/orders:ref_type:branch:ref:main; jti; and
// what the job is: project_path, namespace_id, pipeline_id, ref, ref_protected,
// environment and more, and the groups of the user who started it. There is no scope
// (GitLab Docs, OpenID Connect Authentication Using ID Tokens). The ID tokens of users
// who sign in with the same GitLab have neither project_path nor pipeline_id.
//
// It gives up what an access token says about permissions: the claims say which job
// calls, and you decide what it may do. Above all, aud is no protection against
// strangers: whoever has an account at the same GitLab, such as gitlab.com, gets a
// token for any audience, yours included. So the profile demands a namespace, by the
// number of the group or user that the project is directly in. For several delete
// Equal["namespace_id"], and judge the claim by a policy. The project is in
// [Token.ClientID]; ask for ref_protected too, since every branch runs jobs.
//
// sub is no URI for all its colons: AllowAnySubject is set.
//
// Config.Issuer is https://gitlab.com, or your own. Config.Audiences is what the job
// names as aud under id_tokens.
func GitLabCI(namespaceID string) Profile {
	return Profile{
		Name:            "GitLab CI/CD",
		Types:           []string{"JWT"},
		Required:        []string{"iss", "exp", "aud", "sub", "iat", "jti", "project_path", "pipeline_id"},
		ClientID:        []string{"project_path"},
		Groups:          []ClaimPath{{"groups_direct"}},
		Equal:           map[string]string{"namespace_id": namespaceID},
		Absent:          signInClaims(),
		AllowAnySubject: true,
	}
}

// TransactionToken returns the profile of the tokens that the services of one trust
// domain pass on with a request, in the field Txn-Token
// (draft-ietf-oauth-transaction-tokens-10). Take them there with protector.Field, in
// front of or behind the access token's protector, never in its place: they are not
// access tokens, and their type keeps either from being taken for the other.
//
// They have typ txntoken+jwt; the trust domain in aud; txn, the transaction; the
// principal in sub; scopes as a string in scope; in req_wl the workload that asked for
// the token, which is here the client. What else is known is in tctx and rctx: read it
// with [Token.Decode].
//
// iss is optional in the draft, which names one token service for a trust domain, so
// a token may lack it here: give Config.Keys the keys of that service alone. Set
// AllowMissingIssuer to false where yours sends it.
//
// Config.Issuer is the token service, Config.Audiences the name of the trust domain.
func TransactionToken() Profile {
	return Profile{
		Name:               "transaction token",
		Types:              []string{"txntoken+jwt"},
		AllowMissingIssuer: true,
		Required:           []string{"exp", "aud", "sub", "iat", "txn", "scope", "req_wl"},
		ClientID:           []string{"req_wl"},
		Scope:              []string{"scope"},
	}
}

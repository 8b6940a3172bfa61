"""Words that tell names from other words with a capital letter. All in the form that is compared: case folded."""

import re


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES = _set("mr mrs ms miss mx dr prof professor sir madam herr frau monsieur madame señor señora")
PARTICLES = _set("van von de der den da di del la al bin ibn dos du")

NEVER = _set(
    """customer sir madam team all everyone everybody colleague colleagues friend friends user users guest guests
    member members support service happy unable able sorry sure afraid glad here there not so also still new very
    just currently trying going looking interested having from in at on the a an and or but if it its they we you he
    she my your our their i me us them this that these those what which who when where why how monday tuesday
    wednesday thursday friday saturday sunday january february march april may june july august september october
    november december good great thanks thank please yes no ok okay number name date total amount none unknown
    test admin administrator manager company"""
)
"""What is no name even where one is expected."""

BEFORE = _set(
    """a an and are as ask at be because before but by call can cc'd contact could dear did do does email for from get
    good had has have hello here hey hi how however i if in inform is it its let mail message my no not notify of on
    once only or our perhaps please regarding remind said see send she he signed since so tell thank thanks that the
    their then there these they this those to today tomorrow visit was we well were what when where whether which who
    whose why will with would write yes yesterday you your according after although also am any both customer user
    employee patient client account name colleague supervisor caller requester"""
)
"""What may stand before a name, with a capital at the beginning of a sentence."""

AFTER = _set(
    """street road avenue lane square station airport bank office offices university college school hospital hotel
    server servers team department inc ltd llc gmbh ag corp corporation company group center centre park room hall
    building tower bridge river lake island mountain beach city county state branch street's day days week month
    prize award marathon cup league garden gardens church cathedral museum library foundation institute insurance
    airlines airways express card cards account statement statements plan policy theorem law effect index scale test
    algorithm method model models language database cloud phone music pay maps drive calendar sheet office's
    collection update edition version api cli sdk software systems technologies services solutions media news times
    post journal magazine bay valley creek hill hills heights forest beach coast avenue boulevard plaza mall market
    street's festival eve salad sauce coffee tea pizza monitors mice lamp shop store"""
)
"""What makes a place, a firm or a thing of the words before it."""

FIRST = _set(
    """ahmed ahmad hassan hussein mohammed mohamed muhammad abdullah fatima aisha khadija zainab maryam yusuf ibrahim
    khalid omar tariq rashid nadia leila samira layla dmitri dmitry vladimir sergei sergey alexei aleksei nikolai
    mikhail yuri igor oleg pavel boris anton ivan natasha natalia svetlana olga tatiana irina elena ekaterina anastasia
    lakshmi priya sanjay rajesh arjun deepak vikram ananya kavya divya rahul rohit amit anil sunil meera lata kwame
    kofi ama akua ngozi chidi emeka oluwaseun chinedu adaeze hiroshi kenji yuki sakura haruto yuto takeshi akira naoko
    minjun jiwoo seoyeon jihoon bjorn björn siobhan niamh aoife mateusz agnieszka zoe chloe nadja"""
)
LAST = _set(
    """hassan hussein rashid haddad khoury nasser okafor adeyemi mensah boateng nwosu eze volkov petrov petrova ivanov
    ivanova smirnov smirnova kuznetsov popov sokolov tanaka yamamoto suzuki sato takahashi watanabe kobayashi raman
    kumar sharma patel gupta reddy iyer nair chopra mehta kim park lee choi nguyen tran pham hoang"""
)

ALSO = _set(
    """else may elif server meta per line don mark sys dev bill edit max job chase del peer sine said man among floor
    april lot ada owe alice love june grant ray hope phoenix paris odd august ties blas sol austin travis sole patience
    harm till orlando lone dan jan german eta jet conn bent fancy faith diamond christian alexa tone summer siri
    musa israel washington madison mart harmony toy tilde aud aria brooklyn georgia india china jordan florence
    victoria virginia carolina dakota sydney adelaide charlotte chelsea lincoln dallas houston memphis santiago
    vienna verona siena milan asia africa america kenya sierra savannah chester lancaster kent york london rose lily
    daisy iris violet olive ivy jasmine heather holly hazel ginger pepper sage basil rosemary clove cherry berry
    melody carol joy grace mercy charity prudence constance honor honour justice liberty destiny trinity
    angel king prince duke earl baron knight bishop pope major sergeant marshal dean judge miller baker cook
    carpenter mason smith hunter fisher gardener taylor tailor cooper porter carter turner walker parker page clerk
    archer banks brooks rivers woods stone wood hill field fields forest lake ford bush wolf fox bird swan crane
    drake martin robin jay wren hawk falcon black white brown green grey gray gold silver ruby pearl amber crystal
    opal jade sapphire coral sandy rusty dusty misty stormy sunny autumn winter spring noel easter friday tuesday
    monday sunday january march july art frank rich pat sue rob nick bob jack jimmy peg dot bea penny buck guy
    barb will gene skip trip chip chuck dale glen dell cliff heath ridge norm rod rip drew wade pierce lance miles
    mike bud buddy ace champ sonny junior chance case read made date way were branch stack cases long parent hook
    too best short day small good repo real pages power clear car char carry early cuda guard post room story master
    low reader lang convey marks holder fall water wells little company fee deep pop bare price cross strong fresh
    die font smart bos french english van gates spain mamba seven house colon steward brand weeks sha mac freely lie
    fair powers hood doctor singleton street olmo ireland west wall flood bright dash spies rust costa
    bridge bail wise wal sparks snow north mountain mesa watson sur ring pace orleans sane ram lima junk
    fry fico beer key more law jenkins docker oracle python java ruby rails julia perl pascal ada haskell
    scala swift kotlin lisa elsa nova luna alpha beta gamma delta omega echo tango romeo juliet mike oscar victor
    whiskey sierra charlie hotel golf lima quebec kelvin celsius newton pascal tesla bell hertz
    young old big new high great last first second open free live life time world home work sales human west east
    south north central union royal general chief main star sun moon sky cloud dell mercedes benz porsche bosch
    siemens ericsson nokia honda toyota suzuki yamaha chevrolet cadillac chrysler hilton marriott disney
    cash bond sterling mint ernie bert cher prada gucci kelly bay blue bond don dawn eve gay gale genesis
    hank harry jean kit lee mac mat neo pax rain ram ren rene rex ross rowan royce sean shay sky storm teddy
    ted tad ty val wes zen pan ming long song sing bing ping ting sang hung fang tang yang yin lin
    marina marine carmen mira mina nina nana papa mama baba deli della mona regina rita stella bella
    terra vera viva linden lane lourdes loan loans jeans dallas denver frances franco rio cruz santa san los las
    santos fe sur norte puerto costa casa villa isla luz paz sol mar estrella"""
) - _set(
    """kelly smith watson kim lee martin taylor sean harry ross rita nina vera carmen stella bella regina mona lisa
    marina della frances julia oscar victor robin bob jack jimmy martinez"""
)
"""First and last names that are words, places or products as well: alone they are none."""

FAMILY = _set(
    """wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao luo zheng liang xie song tang han
    feng deng cao peng zeng xiao tian dong yuan pan cai jiang yu du ye cheng su wei lu ding ren shen yao cui zhong tan
    fan jin shi liao jia xia fu fang zou xiong meng qin qiu hou jiang yin xue yan duan lei long tao he mao hao gong
    shao wan qian dai ouyang sima zhuge shangguan chan wong cheung leung ng lam kwok"""
)
"""Family names in pinyin, and some of Hong Kong."""

_INITIAL = "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
_FINAL = "(?:iang|iong|uang|iao|ian|ing|ang|eng|ong|uai|uan|ia|ie|iu|in|ai|ei|ao|ou|an|en|er|ua|uo|ue|ui|un|a|e|i|o|u)"
SYLLABLES = re.compile(f"(?:{_INITIAL}{_FINAL}){{1,2}}")
"""One or two syllables of pinyin."""

"""Names that stand for one another, in English and Spanish. Pure data, written for Kith.

A line is a name with what it is called for short; behind a bar where it has several spellings, which are one name.
Whoever says "Bill" may mean William, and is taken at their word; whoever says "William" may have written "Bill",
unless that is short for others too ("Alex"); two short forms of one name are only a question. After `=` all words
mean the same. Without accents, as `kith.core.names.fold` leaves words.
"""

from collections.abc import Mapping
from functools import lru_cache

_LINES = """
= mum mom mam mama mami mamita mommy mummy mumsy ma mother madre
= dad daddy pa papa papi papaito pops father padre
= grandma granma gran granny nan nana nanna grandmother abuela abuelita yaya lala
= grandpa granpa gramps grandad granddad grampa grandfather abuelo abuelito yayo
= aunt auntie aunty tia tita
= uncle tio tito
= sister sis hermana
= brother bro hermano
= son hijo
= daughter hija
= wife wifey esposa mujer
= husband hubby esposo marido
= cousin cuz primo
= cousin cuz prima
= godmother madrina
= godfather padrino
= doctor dr doctora dra

abigail abby abbie gail
adrian ade
agnes aggie nessie
albert al bert bertie
alexander alex alec sandy sasha xander lex
alexandra alex sandra sandy sasha lexi lexie
alfred alf alfie fred freddie
alice ali
alison allison | ali allie
amanda mandy
amelia amy millie
andrew andy drew
andrea andy drea
ann anne | annie
anna annie
anthony antony | tony ant
archibald archie
arthur art artie
barbara barb barbie babs
benjamin ben benny benji
bernard bernie
beatrice bea trixie
bradley brad
caroline carol carrie caro
carolyn carol carrie
catherine katherine kathryn katharine | kate katie katy kathy cathy kath kit kitty kat
charles charlie charley chuck chas
charlotte charlie lottie
christina chris chrissie christy tina
christine chris chrissie christy
christopher chris kit topher
clifford cliff
constance connie
cynthia cindy
daniel dan danny
danielle dani
david dave davy
deborah debra deb debbie
dennis den denny
diana diane di
dominic dom nic
donald don donnie
dorothy dot dottie dolly
douglas doug
edward ed eddie ted teddy ned
eleanor ellie nell nora lenny
elizabeth elisabeth | liz lizzie beth betty bess eliza libby lisa elsie
emily em emmy
emma em
ernest ernie
eugene gene
evelyn eve evie
florence flo florrie
frances fran franny frankie
francis frank frankie
franklin frank
frederick fred freddie freddy
gabriel gabe
gabrielle gabby gaby
geoffrey jeffrey | geoff jeff
george georgie
georgina georgie gina
gerald gerry jerry
gerard gerry
gillian jill gill
gregory greg
gwendolyn gwen
harold harry hal
harriet hattie harry
helen nell nellie
henry harry hank hal
isabella bella izzy
isabel isabelle | bella izzy belle
jacob jake
jacqueline jackie
james jim jimmy jamie jimbo
jane janie jenny
janet jan
jennifer jen jenny jenn
jeremy jerry jem
jessica jess jessie
joan joanie
joanna jo
joanne jo
john jack johnny
jonathan jon jonny nathan
joseph joe joey
josephine jo josie
joshua josh
judith judy
julia jules
julie jules
julian jules
karen kaz
kenneth ken kenny
kimberly kim
laurence lawrence | larry laurie
leonard leo len lenny
leonardo leo
lewis lou louie
louis lou louie
louise lou
lucy lucille lu
madeline maddie
margaret maggie meg peggy marge margie greta rita daisy
martha marty mattie
martin marty
mary molly polly may mamie
matilda tilly tilda mattie
matthew matt matty
maximilian max
megan meg
melanie mel
melissa mel lissa
michael mike mick mickey mikey micky
michelle shelly
mildred millie
miriam mim
mitchell mitch
montgomery monty
nancy
natalie nat
nathan nate nat
nathaniel nathan nate nat
neil neal |
nicholas nick nicky nico klaus
nicola nicole nicky nikki
norman norm
oliver ollie
olivia liv livvy ollie
oscar ozzy
oswald ozzy oz
pamela pam pammy
patricia pat patty tricia trish
patrick pat paddy rick
penelope penny
peter pete petey
philip phillip | phil pip
philippa pippa pip
phoebe pheebs
priscilla cilla
rachel rach
raymond ray
rebecca becky becca beck
reginald reg reggie
richard rick dick rich richie ricky dickie
robert bob rob bobby robbie bert robin
roberta bobbie robbie
rodney rod
roger rodge
ronald ron ronnie
rosemary rose rosie
russell russ
samantha sam sammy
samuel sam sammy
sarah sara | sally sadie
sebastian seb bas
sidney sid
simon si
sophia sofia | soph
stanley stan
stephanie steph
stephen steven | steve stevie
susan sue susie suzie
susannah susanna | sue susie suzie
suzanne sue susie suzie suki
sylvia sylvie
tabitha tabby
terence terry
teresa theresa | terry tess tessa
theodore theo ted teddy
thomas tom tommy
timothy tim timmy
tobias toby
valerie val
veronica ronnie vera nica
victor vic
victoria vicky vicki tori
vincent vince vinny
virginia ginny ginger
walter walt wally
wilfred wilf
wilhelmina mina minnie billie
william bill billy will willy liam
winifred winnie
yvonne vonnie
zachary zach zack
zoe zo

adriana adri
alberto beto tito
alejandro alex ale jandro sandro
alejandra alex ale jandra
alfonso poncho fonso
alfredo fredo
alicia ali licha
ana anita anuska
antonio tono toni antonito
antonia tona toni
beatriz bea betty
begona bego
carlos carlitos charlie
carmen carmencita carmela menchu
carolina caro
catalina cata lina
cayetana tana
concepcion concha conchi conchita
consuelo chelo
cristina cris tina
cristobal cris tobal
daniel dani
daniela dani
diego santi
dolores lola loli lolita
eduardo edu lalo guayo
elena lena nena
emilio milio
encarnacion encarna
enrique quique kike
esperanza espe
ernesto neto
eugenia geni
federico fede
fernando fer nando
fernanda fer nanda
francisco paco pancho curro fran kiko quico pacho
francisca paca paqui fran
gabriel gabi
gabriela gabi
gerardo gera
gonzalo gonza chalo
graciela chela
gregorio goyo
guadalupe lupe lupita
guillermo guille memo willy
gustavo gus tavo
hector tito
ignacio nacho iggy
inmaculada inma
isabel isa chabela bel
javier javi
jesus chus chuy susi
jorge coque
jose pepe chepe
josefa pepa pepi
josefina fina pepa
joaquin quino ximo
juan juancho juanito
juana juanita
julian juli
julia juli
laura lau laurita
leonor leo nora
leticia leti
lorenzo lencho
lourdes lulu
lucia luci lucy chia
luis lucho luisito
luisa luisita
magdalena magda lena
manuel manolo manu lolo
manuela manoli manu
marcos marquitos
margarita marga rita mago
maria mari maruja marichu
mariano nano
mario mayito
mercedes merche meche
miguel migue
milagros mila
montserrat montse
natalia nata nati
natividad nati
nicolas nico
pablo pablito
patricia patri pati
pedro perico pedrito
pilar pili piluca
rafael rafa
ramon moncho mon
raquel raque quel
remedios reme
ricardo ricky richi
roberto beto rober
rodrigo rodri
rosa rosita
rosario charo chayo
salvador salva chava
santiago santi chago yago
sebastian sebas
sergio checo
silvia silvi
sofia sofi
soledad sole
susana susi susa
teresa tere maite
tomas tomi
trinidad trini
valentina vale
vanesa vane
veronica vero
vicente chente
victoria vicky
violeta viole
ximena xime
yolanda yoli
"""


def _read(line: str) -> tuple[frozenset[str], frozenset[str]]:
    """The full names of a line and the short ones. Of those that mean the same each is both."""
    if line.startswith("="):
        words = frozenset(line[1:].split())
        return words, words
    full, bar, short = line.partition("|")
    if not bar:
        full, _, short = line.partition(" ")
    return frozenset(full.split()), frozenset(short.split())


_NAMES = tuple(_read(line) for line in _LINES.splitlines() if line)


def _table() -> Mapping[str, tuple[int, ...]]:
    """In which lines a word is."""
    table: dict[str, tuple[int, ...]] = {}
    for number, (full, short) in enumerate(_NAMES):
        for word in full | short:
            table[word] = (*table.get(word, ()), number)
    return table


_LINES_OF = _table()


@lru_cache(4_096)
def alike(word: str) -> Mapping[str, bool]:
    """The folded words that a name may be written as when `word` is said, itself among them; and whether that needs no
    question."""
    found = {word: True}
    for number in _LINES_OF.get(word, ()):
        full, short = _NAMES[number]
        for other in full | short:
            if full is short:  # all mean the same, unless a word means something else besides
                sure = len(_LINES_OF[other]) == 1
            else:
                sure = other in full or (word in full and len(_LINES_OF[other]) == 1)
            found[other] = found.get(other, False) or sure
    return found
